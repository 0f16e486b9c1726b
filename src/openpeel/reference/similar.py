"""Similar forces: official groups from a file, or the nearest by published features.

A figure says more beside those of forces that police alike places. The official most similar groups
are not published as a data file, so a user loads them; until then openpeel finds the nearest by
population, density and crime mix, and says so.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openpeel.errors import FileRefused, MethodError, NotComputable, NotKnown
from openpeel.reference.forces import force

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Groups:
    """For each force its peers, and on what basis they were chosen."""

    peers: Mapping[str, tuple[str, ...]]
    """Force id to the ids of its peers, nearest first where they were computed."""
    basis: str
    """One sentence to print wherever the group is used."""
    official: bool
    """True only for groups loaded from a file that is said to be official."""
    lacking: tuple[str, ...] = ()
    """Forces without a group because a feature of theirs is not known."""

    def of(self, force_id: str) -> tuple[str, ...]:
        """The peers of a force. Raises NotComputable when it has no group, with the reason."""
        if force_id in self.peers:
            return self.peers[force_id]
        reason = (
            "a feature of it is in no loaded file" if force_id in self.lacking else "none is given"
        )
        raise NotComputable(f"No group of similar forces for {force_id}: {reason}. {self.basis}")


def load_groups(path: Path | str, *, official: bool = True) -> Groups:
    """Read groups from a CSV file with the columns `force` and `peer`, one pair a row.

    Names may be spelled as any publisher does; further columns are ignored; a force listed as its
    own peer is left out; peers keep the file's order. `official` says whether the file holds the
    official most similar groups. Raises FileRefused naming the line.
    """
    path = Path(path)
    peers: dict[str, list[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if not {"force", "peer"} <= set(rows.fieldnames or ()):
                raise FileRefused(f"{path}: needs the columns force and peer, one pair a row.")
            for row in rows:
                one, other = force(row["force"] or "").id, force(row["peer"] or "").id
                group = peers.setdefault(one, [])
                if other != one and other not in group:
                    group.append(other)
    except NotKnown as error:
        raise FileRefused(f"{path}, line {rows.line_num}: {error}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileRefused(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    if not peers:
        raise FileRefused(f"{path}: holds no pair of forces.")
    kind = "Most similar group" if official else "Group of forces"
    return Groups(
        peers={one: tuple(group) for one, group in sorted(peers.items())},
        basis=f"{kind} as given in {path.name}.",
        official=official,
    )


def force_features(
    population: "ArrayLike", area_km2: "ArrayLike", crimes: "ArrayLike"
) -> dict[str, "ArrayLike"]:
    """Features for `nearest` from published figures, one row a force.

    population and area_km2 are (forces,), above 0; crimes are counts (forces, crime types). NaN
    where not known. Returns log population, log residents per km2, and each crime type's share.
    """
    import numpy as np

    people, area, counts = (np.asarray(x, dtype=float) for x in (population, area_km2, crimes))
    if not people.shape == area.shape == counts.shape[:1] or counts.ndim != 2:
        raise MethodError("population and area_km2 need one value a force, crimes one row a force.")
    if (people <= 0).any() or (area <= 0).any() or (counts < 0).any():
        raise MethodError("Populations and areas must be above 0 and crimes not below 0.")
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)
    return {
        "population": np.log(people),
        "density": np.log(people / area),
        "crime mix": shares,
    }


def nearest(features: Mapping[str, "ArrayLike"], names: Sequence[str], k: int = 7) -> Groups:
    """The k nearest forces of each by standardised Euclidean distance.

    features: a name for each block, as in `force_features`, with an array (forces,) or (forces,
    columns). Every column is divided by its standard deviation over the forces, and by the root of
    its block's number of columns, so that each block weighs the same; a column that does not vary
    counts nothing. A force with a NaN is left out, also as a peer, and named in `lacking`. Ties go
    to the name that sorts first. Raises MethodError for shapes or a k that cannot be.
    """
    import numpy as np

    order = sorted(range(len(names)), key=names.__getitem__)
    blocks = []
    for title, values in features.items():
        block = np.asarray(values, dtype=float)
        block = block[:, None] if block.ndim == 1 else block
        if block.ndim != 2 or len(block) != len(names) or np.isinf(block).any():
            raise MethodError(f"Feature '{title}' needs one row of finite numbers for each force.")
        blocks.append(block[order])
    if not blocks:
        raise MethodError("At least one feature is needed to find similar forces.")
    matrix = np.hstack(blocks)
    known = ~np.isnan(matrix).any(axis=1)
    if not 1 <= k < known.sum():
        raise MethodError(
            f"{k} nearest forces were asked for where {known.sum()} have every feature."
        )
    widths = np.concatenate([np.full(b.shape[1], 1 / np.sqrt(b.shape[1])) for b in blocks])
    complete = matrix[known]
    spread = complete.std(axis=0)
    varies = spread > 1e-12 * np.abs(complete).max(axis=0)
    scaled = complete[:, varies] / spread[varies] * widths[varies]
    distance = np.linalg.norm(scaled[:, None, :] - scaled[None, :, :], axis=2)
    np.fill_diagonal(distance, np.inf)
    chosen = np.argsort(distance, axis=1, kind="stable")[:, :k]
    sorted_names = [names[i] for i in order]
    kept = [name for name, is_known in zip(sorted_names, known, strict=True) if is_known]
    titles = list(features)
    listed = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
    return Groups(
        peers={
            name: tuple(kept[j] for j in row)
            for name, row in zip(kept, chosen.tolist(), strict=True)
        },
        basis=f"openpeel's {k} nearest forces by published {listed}: "
        "not the official most similar group.",
        official=False,
        lacking=tuple(n for n, is_known in zip(sorted_names, known, strict=True) if not is_known),
    )
