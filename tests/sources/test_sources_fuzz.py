"""Whatever is done to a real street file, its rows add up and the bad ones are named by line."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openpeel.errors import OpenpeelError
from openpeel.sources.members import find_members
from openpeel.sources.recognising import recognise
from openpeel.sources.source import Context

NAME = "2025-01-city-of-london-street.csv"
ROWS = 40


def _cell(number, value):
    def change(line):
        cells = line.split(",")
        cells[number] = value
        return ",".join(cells)

    return change


# What is done to a line; the column at fault (None: the row is good); by how many lines it grows.
CHANGES = {
    "a cell less": (lambda line: line.rsplit(",", 1)[0], "", 0),
    "a cell more": (lambda line: line + ",", "", 0),
    "no cells": (lambda line: "x", "", 0),
    "a stray quote": (_cell(6, '"On or near Bank'), "", 0),
    "a quote too many": (_cell(6, '"On or near "Bank"'), "", 0),
    "absurd month": (_cell(1, "9999-99"), "Month", 0),
    "another month": (_cell(1, "2025-02"), "Month", 0),
    "outside": (_cell(4, "-31.1"), "Longitude", 0),
    "no number": (_cell(5, "x"), "Latitude", 0),
    "unknown type": (_cell(9, "Witchcraft"), "Crime type", 0),
    "another force": (_cell(3, "Kent Police"), "Falls within", 0),
    "short id": (_cell(0, "abcd"), "Crime ID", 0),
    "a blank line after": (lambda line: line + "\n  ", None, 1),
    "a comma in quotes": (_cell(6, '"On or near A, B"'), None, 0),
    "quotes in quotes": (_cell(6, '"On or near ""A"""'), None, 0),
    "a quote inside": (_cell(6, 'On or near "A" Street'), None, 0),
    "a line end in quotes": (_cell(6, '"On or near A\nB"'), None, 1),
    "empty quotes": (_cell(11, '""'), None, 0),
    "a carriage return": (lambda line: line + "\r", None, 0),
    "another encoding": (_cell(6, "On or near Caf\udce9"), None, 0),
    "a no-break space": (lambda line: line + "\u00a0", None, 0),
}


@pytest.fixture(scope="module")
def parse(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / NAME

    def read(data):
        path.write_bytes(data)
        (member,) = find_members([path])
        job = recognise(member)
        return job.source.read(member, job.target, Context({}, {}))

    return read


@pytest.fixture(scope="module")
def lines(real):
    """The header and rows that have coordinates, a type and an outcome."""
    header, *rows = real("2025-01-city-of-london").decode().splitlines()
    return [header, *[row for row in rows if all(row.split(",")[:-1])][:ROWS]]


def _loaded(parsed):
    return [piece.rows.to_pylist() for piece in parsed.pieces]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.integers(1, ROWS), st.sampled_from(sorted(CHANGES)), max_size=8))
@example({number: name for number, name in enumerate(CHANGES, 1)})
@example({1: "a stray quote", 2: "a stray quote", 3: "a comma in quotes", 4: "a quote too many"})
def test_known_mutations_are_found_on_their_lines(parse, lines, done):
    changed, expected, grown = list(lines), [], 0
    for number, name in sorted(done.items()):
        change, column, more = CHANGES[name]
        changed[number] = change(changed[number])
        if column is not None:
            expected.append((number + grown + 1, column))
        grown += more
    parsed = parse("\n".join(changed).encode("utf-8", "surrogateescape"))
    bad = parsed.pieces[0].bad
    assert [(row.line, row.column) for row in bad] == expected
    assert all(row.reason and row.text for row in bad)
    assert (parsed.read, parsed.bad) == (ROWS, len(expected))
    crimes, counts = _loaded(parsed)
    assert len(crimes) == sum(row["crimes"] for row in counts) == ROWS - len(expected)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, ROWS), st.integers(2, 11), st.text(max_size=6)), max_size=6)
)
@example([(1, 4, "INF"), (2, 5, "1e1"), (3, 4, " 0.1 "), (4, 5, "nan"), (5, 4, "-0")])
@example([(3, 6, "a\u2028b"), (4, 6, "\u0085"), (5, 6, "\ufeff"), (6, 6, "a\x0bb\x0cc\x1cd")])
def test_the_fast_and_the_careful_reading_agree(parse, lines, cells):
    """A blank line at the end is no row, and makes the reading careful."""
    changed = list(lines)
    for number, cell, text in cells:
        plain = text.replace("\x00", "").replace(",", ";").replace("\r", "").replace("\n", "")
        changed[number] = _cell(cell, plain)(changed[number])
    data = ("\n".join(changed) + "\n").encode("utf-8", "replace")
    fast, careful = parse(data), parse(data + b"\n")
    assert (fast.read, fast.bad) == (careful.read, careful.bad)
    assert fast.read == ROWS
    assert fast.pieces[0].bad == careful.pieces[0].bad
    assert fast.pieces[0].rows.to_pylist() == careful.pieces[0].rows.to_pylist()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 60), st.binary(max_size=12)),
        min_size=1,
        max_size=5,
    )
)
@example([(0.0, 0, b'"')])
@example([(0.3, 0, b'"')])
@example([(0.3, 0, b'""')])
@example([(0.99999, 0, b'"')])
@example([(0.0, 5000, b"")])
@example([(0.0, 300, b"\xef\xbb\xbf")])
@example([(0.5, 9, b"\r\r\r\n")])
def test_any_bytes_are_refused_or_reconcile(parse, lines, cuts):
    data = ("\n".join(lines) + "\n").encode()
    for where, gone, put in cuts:
        at = int(where * len(data))
        data = data[:at] + put + data[at + gone :]
    try:
        parsed = parse(data)
    except OpenpeelError:
        return
    if parsed.note:
        assert parsed.read == 0
        return
    crimes, counts = _loaded(parsed)
    bad = parsed.pieces[0].bad
    assert len(crimes) == sum(row["crimes"] for row in counts) == parsed.read - len(bad)
    assert parsed.bad == len(bad)
    numbers = [row.line for row in bad]
    assert numbers == sorted(set(numbers)), "each line once, in order"
    assert all(1 < number <= 1 + data.count(b"\n") + data.count(b"\r") + 1 for number in numbers)
