"""Charts as small SVG, drawn on the server, each with a text alternative.

Signals are told by shape and letter, never by colour alone. Colours have a contrast of at least
4.5 to 1 on white.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby

from openpeel.profiles import Comparison, IndicatorView, Point, Trend
from openpeel.profiles.comparing import INTERVAL
from openpeel.publish.sentences import Mark, marks
from openpeel.publish.svg import INK, LIMIT, Spec, compiled, drawn, with_alternative
from openpeel.publish.words import amount, capital, many, signal, when

DOUBTFUL = "doubtful"
_FORMATS, _NUMBER = {"share": ".2~%"}, ",.4~g"  # of axes, as d3 writes them
_MARKS = {
    "common": ("circle", INK),
    "improvement": ("triangle-up", "#1d4f91"),
    "concern": ("square", "#a33b00"),
    "neutral": ("diamond", "#5b2a86"),
    DOUBTFUL: ("cross", LIMIT),
}
_SIDES = {
    "within": ("circle", INK),
    "above": ("triangle-up", INK),
    "below": ("triangle-down", INK),
}
_MONTHS = "['Jan','Feb','Mar','Apr','May','Jun','Jul','Aug','Sep','Oct','Nov','Dec']"
_NAME, _YEAR = f"{_MONTHS}[toNumber(slice(datum.value,5))-1]", "slice(datum.value,0,4)"
_LABELS = {
    "month": f"[{_NAME}, datum.index == 0 || slice(datum.value,5) == '01' ? {_YEAR} : '']",
    "quarter": f"[slice(datum.value,5), datum.index == 0 || slice(datum.value,6) == '1' ? "
    f"{_YEAR} : '']",
    "count": f"[isValid({_NAME}) ? {_NAME} : '', {_YEAR}]",
    "year": f"[{_YEAR}, slice(datum.value,4)]",
}
"""What stands under a point of each kind: two lines, so that two dozen fit."""


def period_chart(view: IndicatorView, force_name: str, key: str) -> str:
    """The chart of an indicator's periods, with its limits if any; "" where the view has no trend.

    The value line is broken at gaps and at doubtful months. `key` makes ids unique in a page.
    """
    if view.trend is None:
        return ""
    unit = view.indicator.unit
    rows = _rows(view.trend, unit)
    last = next((r for r in reversed(rows) if r["mean"] is not None), rows[-1])
    ends = [
        {"period": rows[-1]["period"], "at": last[line], "text": text}
        for line, text in (("upper", "upper limit"), ("mean", "mean"), ("lower", "lower limit"))
        if last[line] is not None and last["mean"] is not None
    ]
    if last["upper"] is not None and last["mean"] is None:
        ends = [{"period": last["period"], "at": last["upper"], "text": INTERVAL}]
    dates = marks(view.signals)
    program = _drawn(_FORMATS.get(unit, _NUMBER), kind=view.trend.kind, dated=bool(dates))
    values: dict[str, list[Spec]] = {"points": rows, "ends": ends, "dates": _dates(dates)}
    svg = drawn({**program, "data": _filled(program["data"], values)})
    title = f"{view.indicator.title}, {force_name}, {view.trend.kind} by {view.trend.kind}"
    return with_alternative(svg, key, title, period_alternative(view.trend, unit, dates))


def period_alternative(trend: Trend, unit: str, dates: Sequence[Mark] = ()) -> str:
    """A chart of periods in words."""
    points = [p for p in trend.points if p.value is not None]
    last = points[-1]
    least, most = (f(points, key=lambda p: p.value or 0) for f in (min, max))
    said = [
        f"{many(len(points), trend.kind)}, {when(points[0].period)} to {when(last.period)}.",
        f"Lowest {_at(least, unit)}, highest {_at(most, unit)}, newest {_at(last, unit)}.",
    ]
    if last.mean is None:
        said.append(f"{capital(trend.state)}.")
        if last.lower is not None:
            low, high = amount(last.lower, unit), amount(last.upper, unit)
            said.append(f"{INTERVAL} of the newest: {low} to {high}, dashed.")
    else:
        low, high = amount(last.lower, unit), amount(last.upper, unit)
        said.append(f"Mean {amount(last.mean, unit)}, limits {low} to {high}.")
    told = [
        f"{period_run(run)} {signal(reading)[0]}, {rule}"
        for (rule, reading), run in groupby(trend.points, key=lambda p: (p.rule, p.reading))
        if rule
    ]
    if told:
        said.append(f"Signals: {'; '.join(told)}.")
    elif last.mean is not None:
        said.append(f"No {trend.kind} is a signal.")
    said += [f"Marked {date.said}, in {when(date.period)}." for date in dates]
    gaps = [when(p.period) for p in trend.points if p.value is None]
    if gaps:
        said.append(f"Gaps: {', '.join(gaps)}.")
    changed = [when(p.period) for p in trend.points if p.change]
    if changed:
        said.append(f"Definition changed, marked D: {', '.join(changed)}.")
    doubts = [when(p.period) for p in points if p.doubt]
    if doubts:
        said.append(f"Doubtful, and not part of the limits: {', '.join(doubts)}.")
    return " ".join(said)


def period_run(points: Iterable[Point]) -> str:
    """The first and last period of some points."""
    periods = [p.period for p in points]
    return " to ".join(dict.fromkeys((when(periods[0]), when(periods[-1]))))


def comparison_chart(comparison: Comparison, key: str) -> str:
    """The forces in the order of their names, each with its figure and its limits; never a rank."""
    sides = {0: "within", 1: "above", -1: "below"}
    rows = [
        {
            "force": it.force.short,
            "value": it.value,
            "lower": it.lower if it.lower is None else max(it.lower, 0),
            "upper": it.upper,
            "side": sides[it.outside],
            "text": sides[it.outside] if it.outside else "",
        }
        for it in comparison.forces
        if it.value is not None
    ]
    lacking: list[Spec] = [{"force": name} for name in comparison.lacking]
    middle = [{"at": comparison.usual}] if comparison.usual is not None else []
    values: dict[str, list[Spec]] = {"forces": rows, "middle": middle, "lacking": lacking}
    names = tuple(it.force.short for it in comparison.forces)
    program = _drawn(_FORMATS.get(comparison.unit, _NUMBER), names)
    svg = drawn({**program, "data": _filled(program["data"], values)})
    title = f"{comparison.title}, {comparison.window_label}, forces in the order of their names"
    return with_alternative(svg, key, title, comparison_alternative(comparison))


def comparison_alternative(comparison: Comparison) -> str:
    """A comparison chart in words."""
    groups = {
        word: [f.force.short for f in comparison.forces if f.value is not None and f.outside == n]
        for word, n in (("above", 1), ("below", -1))
    }
    shown = sum(f.value is not None for f in comparison.forces)
    said = [
        f"{many(shown, 'force')} with a figure. The usual figure of forces: "
        f"{amount(comparison.usual, comparison.unit)}."
    ]
    said += [
        f"{word.capitalize()} their 95 % limits: {', '.join(n) or 'none'}."
        for word, n in groups.items()
    ]
    said.append(f"Without a figure: {', '.join(comparison.lacking) or 'none'}.")
    return " ".join(said)


def _at(point: Point, unit: str) -> str:
    return f"{amount(point.value, unit)} in {when(point.period)}"


def _rows(trend: Trend, unit: str) -> list[Spec]:
    """The points of a trend, numbered by unbroken stretch; no limit is drawn below zero."""
    rows, stretch = [], 0
    for point in trend.points:
        broken = point.value is None or bool(point.doubt)
        stretch += broken
        reading = DOUBTFUL if point.doubt else point.reading
        mark = reading if reading in _MARKS else "common"
        letter = "?" if point.doubt else signal(reading)[0]
        lower = point.lower
        rows.append(
            {
                "period": point.period,
                "value": point.value,
                "line": None if broken else point.value,
                "stretch": stretch,
                "mark": mark,
                "letter": "" if letter == "–" else letter,
                "mean": point.mean,
                "lower": lower if lower is None or unit == "mean" else max(lower, 0),
                "upper": point.upper,
                "change": bool(point.change),
            }
        )
    return rows


def _dates(dates: Sequence[Mark]) -> list[Spec]:
    """The dates of signals, each with its interval, side by side where two share a period."""
    return [{"period": d.period, "first": d.first, "last": d.last, "text": d.letter} for d in dates]


@cache
def _drawn(
    axis_format: str, forces: tuple[str, ...] = (), kind: str = "month", dated: bool = False
) -> Spec:
    """A Vega program without data: compiled once, for that costs as much as drawing."""
    return compiled(
        _comparison_spec(axis_format, forces) if forces else _period_spec(axis_format, kind, dated)
    )


def _filled(data: list[Spec], values: dict[str, list[Spec]]) -> list[Spec]:
    return [{**d, "values": values[d["name"]]} if d["name"] in values else d for d in data]


def _period_spec(axis_format: str, kind: str, dated: bool) -> Spec:
    periods = {"title": None, "labelAngle": 0, "labelExpr": _LABELS[kind], "labelOverlap": False}
    x = {"field": "period", "type": "ordinal", "axis": periods}
    scale = {"zero": False, "nice": False, "padding": 12}

    def y(field: str) -> Spec:
        axis = {"title": None, "tickCount": 5, "format": axis_format, "gridColor": "#e8e8e8"}
        return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}

    def limit(field: str, dash: list[int]) -> Spec:
        mark = {"type": "line", "color": LIMIT, "strokeDash": dash, "strokeWidth": 1.5}
        return {"mark": mark, "encoding": {"x": x, "y": y(field)}}

    shape, colour = (
        {
            "field": "mark",
            "type": "nominal",
            "legend": None,
            "scale": {"domain": list(_MARKS), "range": list(r)},
        }
        for r in zip(*_MARKS.values(), strict=True)
    )
    return {
        "width": 560,
        "height": 200,
        "data": {"name": "points"},
        "layer": [
            {
                "transform": [{"filter": "datum.change"}],
                "mark": {"type": "rule", "color": LIMIT, "strokeDash": [2, 3]},
                "encoding": {"x": x},
            },
            {
                "transform": [{"filter": "datum.change"}],
                "mark": {"type": "text", "text": "D", "color": LIMIT, "fontSize": 12, "dx": 8},
                "encoding": {"x": x, "y": {"value": 8}},
            },
            *(_marked(x) if dated else ()),
            limit("upper", [6, 4]),
            limit("lower", [6, 4]),
            limit("mean", []),
            {
                "mark": {"type": "line", "color": INK, "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "y": y("line"),
                    "detail": {"field": "stretch", "type": "nominal"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 60},
                "encoding": {"x": x, "y": y("value"), "shape": shape, "color": colour},
            },
            {
                "mark": {"type": "text", "dy": -12, "fontSize": 13, "fontWeight": "bold"},
                "encoding": {"x": x, "y": y("value"), "text": {"field": "letter"}, "color": colour},
            },
            {
                "data": {"name": "ends"},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "dx": 24,
                    "fontSize": 12,
                    "color": LIMIT,
                },
                "encoding": {"x": x, "y": y("at"), "text": {"field": "text"}},
            },
        ],
    }


def _marked(x: Spec) -> list[Spec]:
    """The layers of dates: a line at each, its letter, and its interval as a bar below."""
    bar = {"type": "rule", "color": INK, "strokeWidth": 4}
    line = {"type": "rule", "color": INK, "strokeDash": [1, 3], "strokeWidth": 2}
    letter = {"type": "text", "color": INK, "fontSize": 12, "fontWeight": "bold", "dx": -9}
    bottom: Spec = {"value": 198}
    return [
        {
            "data": {"name": "dates"},
            "mark": mark,
            "encoding": encoding,
        }
        for mark, encoding in (
            (bar, {"x": {**x, "field": "first"}, "x2": {"field": "last"}, "y": bottom}),
            (line, {"x": x}),
            (letter, {"x": x, "y": {"value": 190}, "text": {"field": "text"}}),
        )
    ]


def _comparison_spec(axis_format: str, forces: tuple[str, ...]) -> Spec:
    y = {
        "field": "force",
        "type": "ordinal",
        "scale": {"domain": forces},
        "axis": {"title": None, "ticks": False, "domain": False},
    }

    def x(field: str) -> Spec:
        axis = {"title": None, "orient": "top", "format": axis_format, "gridColor": "#e8e8e8"}
        return {"field": field, "type": "quantitative", "scale": {"nice": True}, "axis": axis}

    shape = {
        "field": "side",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(_SIDES), "range": [s for s, _ in _SIDES.values()]},
    }
    return {
        "width": 480,
        "height": {"step": 18},
        "data": {"name": "forces"},
        "layer": [
            {
                "mark": {"type": "rule", "color": "#b1b4b6", "strokeWidth": 8},
                "encoding": {"y": y, "x": x("lower"), "x2": {"field": "upper"}},
            },
            {
                "data": {"name": "middle"},
                "mark": {"type": "rule", "color": LIMIT},
                "encoding": {"x": x("at")},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 60, "color": INK},
                "encoding": {"y": y, "x": x("value"), "shape": shape},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 12, "color": INK},
                "encoding": {"y": y, "x": x("value"), "text": {"field": "text"}},
            },
            {
                "data": {"name": "lacking"},
                "mark": {"type": "text", "align": "left", "fontSize": 12, "color": LIMIT},
                "encoding": {"y": y, "x": {"value": 6}, "text": {"value": "no figure"}},
            },
        ],
    }
