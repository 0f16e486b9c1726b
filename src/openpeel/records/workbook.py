"""Somebody's workbook, read in a process of its own: `openpeel.records.sheets` runs this file.

A few hundred bytes can say that a sheet has milliards of cells, and the reader would try: what that
takes down is this process, which has bounds, and not the one that serves everybody.
"""

import contextlib
import io
import json
import sys
from datetime import date, datetime
from itertools import islice

MEMORY = 2**30
"""Bytes that it may take."""


def _cell(value: object) -> object:
    """A cell as JSON has it: a day as 2024-03-12, what is neither number nor text as text."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (str, float, int)) else str(value)


def main(most: int) -> None:
    """Of the workbook that comes in: at most so many rows of its first sheet, as JSON.

    Those that hold anything alone, each its number and its cells.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    grid = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    filled = ((n, row) for n, row in enumerate(grid, 1) if any(str(cell).strip() for cell in row))
    rows = [(n, [_cell(cell) for cell in row]) for n, row in islice(filled, most)]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
