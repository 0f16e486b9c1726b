"""Real stop-and-search files by their lines and cells."""

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "police_uk"
JULY, JUNE = "2020-07-metropolitan", "2019-06-greater-manchester"
FILES = {
    "2017-07-cambridgeshire": 7,
    JUNE: 907,
    JULY: 150,
    "2020-08-metropolitan": 150,
    "2020-09-metropolitan": 150,
    "2024-01-cambridgeshire": 5,
}
TYPE, DATE, OPERATION, LATITUDE, LONGITUDE, ETHNICITY, OUTCOME, LINKED, OUTER = (
    0, 1, 2, 4, 5, 8, 12, 13, 14,
)  # fmt: skip


def stops(name):
    """A real file's lines, or first lines, without line ends."""
    return (DATA / f"{name}-stop-and-search.csv").read_text().splitlines()


def changed(line, cells):
    parts = line.split(",")
    for number, value in cells.items():
        parts[number] = value
    return ",".join(parts)
