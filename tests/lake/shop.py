"""A made-up publisher: contracts cut in all three ways, and slices of them."""

import pyarrow as pa

from openpeel.lake import BadRow, Column, Contract, Origin, Slice

_COLUMNS = (
    Column("month", "string", False, "month"),
    Column("force_id", "string", False, "force"),
    Column("crimes", "int", True, "how many"),
)


class Shop:
    keyed = Contract("tallies", "Tallies", "a row a crime", "month", "force_id", _COLUMNS)
    monthly = Contract("months", "Months", "a row a crime", "month", "", _COLUMNS)
    whole = Contract("all", "All", "a row a crime", "", "", _COLUMNS)

    @staticmethod
    def origin(digest, as_at="", file="a.csv"):
        return Origin(
            source="made-up",
            file=file,
            member="",
            sha256="0" * 64,
            digest=digest,
            bytes=1,
            publisher="nobody",
            licence="none",
            as_at=as_at,
        )

    def slice(self, month, force, crimes, *, rank=1, as_at="", bad=(), digest=None, file="a.csv"):
        """A slice of the keyed table whose rows hold the numbers given."""
        rows = pa.table(
            {
                "force_id": pa.array([force] * len(crimes), pa.string()),
                "crimes": pa.array(crimes, pa.int64()),
            }
        )
        return Slice(
            self.keyed,
            month,
            force,
            rows,
            self.origin(repr(crimes) if digest is None else digest, as_at, file),
            len(crimes) + len(bad),
            tuple(BadRow(line, "crimes", "made up", "x") for line in bad),
            rank,
        )

    def month(self, month, crimes):
        """A slice of the table that has no key."""
        rows = pa.table({"force_id": ["kent"] * len(crimes), "crimes": crimes})
        return Slice(self.monthly, month, "", rows, self.origin(repr(crimes)), len(crimes))

    def all(self, crimes):
        """The one slice of the table that is not cut."""
        size = len(crimes)
        rows = pa.table(
            {"month": ["2025-01"] * size, "force_id": ["kent"] * size, "crimes": crimes}
        )
        return Slice(self.whole, "", "", rows, self.origin(repr(crimes)), size)
