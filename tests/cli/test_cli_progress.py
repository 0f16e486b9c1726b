"""Progress bars: a person sees them, a program does not."""

import sys

import pytest

from openpeel.cli.progress import bar, bars


@pytest.mark.parametrize(
    ("watched", "json", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_bar_is_there_for_who_watches_alone(capsys, monkeypatch, watched, json, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched)
    with bar("Writing", json=json, of_bytes=False) as show:
        assert (show is not None) is shown
        if show:
            show(3, 12)
            show(12, 12)
    told = capsys.readouterr()
    assert told.out == ""
    assert ("Writing" in told.err and "12/12" in told.err) is shown


def test_each_name_has_a_bar_of_its_own_whatever_is_in_it(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bars(json=False) as show:
        assert show is not None
        show("one[red].zip", 500, None)
        show("one[red].zip", 1000, 1000)
        show("two.zip", 2000, 4000)
    told = capsys.readouterr().err
    for said in ("one[red].zip", "1.0/1.0 kB", "two.zip", "2.0/4.0 kB"):
        assert said in told
