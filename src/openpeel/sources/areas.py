"""Force areas as GeoJSON outlines."""

import hashlib
import json
from collections.abc import Callable, Sequence

from openpeel.errors import FileRefused
from openpeel.lake import SliceId
from openpeel.reference import Force, recognise
from openpeel.sources.contracts import contract
from openpeel.sources.members import Member
from openpeel.sources.source import OGL, Context, Parsed, Target, origin_of, sliced


class ForceAreas:
    """A FeatureCollection whose features carry the ONS code of a police force area as `id`."""

    name = "force-areas"
    title = "Police force areas"
    publisher = "Office for National Statistics"
    licence = OGL

    def recognise(self, member: Member, header: Callable[[], Sequence[str]]) -> Target | None:
        """By its ending; what it holds is looked at when it is read."""
        if not member.base.endswith(".geojson"):
            return None
        return Target("areas", names=(SliceId("areas", "", ""),))

    def read(self, member: Member, target: Target, context: Context) -> Parsed:
        """One row a force; a feature that is no force refuses the file."""
        raw = member.read()
        try:
            features = json.loads(raw)["features"]
            rows = [
                (str(f["properties"]["id"]), str(f["properties"]["name"]), f["geometry"])
                for f in features
            ]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise FileRefused(
                f"{member.label} is not GeoJSON of force areas (features with id, name and an "
                f"outline): {error!r}."
            ) from error
        found = [recognise(code) for code, _, _ in rows]
        strangers = [row[0] for row, f in zip(rows, found, strict=True) if not isinstance(f, Force)]
        if strangers:
            raise FileRefused(f"{member.label}: no force has the code {', '.join(strangers)}.")
        if not rows or len({code for code, _, _ in rows}) < len(rows):
            raise FileRefused(f"{member.label} holds no force at all, or one twice.")
        made = [
            {
                "force_id": f.id,
                "ons_code": code,
                "name": name,
                "outline": json.dumps(shape, separators=(",", ":")),
            }
            for (code, name, shape), f in zip(rows, found, strict=True)
            if f is not None
        ]
        origin = origin_of(self, member, hashlib.sha256(raw).hexdigest(), "", len(raw))
        return sliced(contract("areas"), made, (), origin)
