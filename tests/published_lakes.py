"""Lakes that something was published to from the records, by the tables' contracts alone."""

from importlib.resources import files

import pyarrow as pa
from made_lakes import origin

from openpeel.lake import Lake, Slice, read_contract

KEY = "cambridgeshire.2023-25"
FIRST = {
    "responding-to-the-public": "adequate",
    "recording-data-about-crime": "good",
}
RECOMMENDED = "Answer calls sooner, within three months."
CONCERN = "Calls to the control room wait too long."


def put(lake: Lake, key: str, tables: dict[str, list[dict]]) -> int:
    """Put rows of a publication into a lake, as the records do: the snapshot."""
    pieces = []
    for name, rows in tables.items():
        contract = read_contract(files("openpeel.records") / "tables" / f"{name}.toml")
        empty = {c.name: 0 if c.type == "int" else "" for c in contract.columns}
        whole = [empty | {"inspection": key, "force_id": "cambridgeshire"} | r for r in rows]
        table = pa.Table.from_pylist(whole, schema=contract.schema)
        pieces.append(Slice(contract, "", key, table, origin(repr(rows)), len(rows)))
    return lake.replace(pieces, "published").snapshot


def judgments(grades=FIRST, **version) -> list[dict]:
    """Rows of `judgments`; `version` says which version of the publication it is."""
    given = {"number": 1, "kind": "publication", "published_on": "2024-03-12", "vintages": "1;3"}
    given |= {"publisher": "an example", "trail": "a" * 64, "cycle": "2023-25"} | version
    return [
        {"scope": "question", "status": "inspected", "reasons": f"Why {q}."}
        | {"question": q, "grade": g}
        | given
        for q, g in grades.items()
    ]


def finding(kind: str, text: str, **more) -> dict:
    """A row of `judgment_findings`."""
    given = {"cycle": "2023-25", "question": "responding-to-the-public"}
    given |= {"published_on": "2024-03-12", "claimed_state": "in-progress"}
    return {"kind": kind, "text": text, "verified_state": "published"} | given | more


def whole(**version) -> dict[str, list[dict]]:
    """All that is shown with a publication: grades, findings, statements and the response."""
    return {
        "judgments": judgments(**version),
        "judgment_findings": [
            finding("notable_practice", "A good thing."),
            finding("recommendation", RECOMMENDED, recommendation_of=CONCERN, due_on="2024-06-12"),
            finding("cause_of_concern", CONCERN),
        ],
        "publication_statements": [
            {
                "side": "force",
                "name": "C. Constable",
                "text": "We accept.",
                "said_on": "2024-03-13",
            },
            {
                "side": "inspectorate",
                "name": "I. Inspector",
                "post": "Inspector",
                "text": "I am pleased.",
                "said_on": "2024-03-12",
            },
        ],
        "publication_responses": [
            {"part": part, "published_on": "2024-04-30", "last_day": "2024-05-06"} | more
            for part, more in (
                ("comments", {"text": "We agree."}),
                ("chief-officer", {"text": "So do I."}),
                ("answer", {"text": "By June.", "recommendation": RECOMMENDED, "accepted": "yes"}),
            )
        ],
    }


def published_lake(root) -> Lake:
    """A lake with a publication of Cambridgeshire, corrected; and a thematic finding to all."""
    lake = Lake(root)
    put(lake, KEY, whole())
    corrected = {"responding-to-the-public": "inadequate"}
    again = whole(
        grades=FIRST | corrected,
        number=2,
        kind="correction",
        reason="a slip",
        published_on="2024-10-01",
    )
    put(lake, KEY, again)
    rows = [
        finding(
            "recommendation",
            "Look again.",
            force_id=force,
            question="",
            cycle="",
            source_title="On all",
        )
        for force in ("cambridgeshire", "kent")
    ]
    put(lake, "thematic.7", {"judgment_findings": rows})
    return lake
