"""SVG drawn on the server from Vega-Lite, small, and with its text alternative."""

import re
from html import escape
from typing import Any

Spec = dict[str, Any]

INK, LIMIT = "#0b0c0c", "#505a5f"
_CONFIG: Spec = {
    "aria": False,
    "background": None,
    "padding": {"left": 16, "right": 28, "top": 6, "bottom": 6},
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelLimit": 0,
        "labelFontSize": 12,
        "labelColor": INK,
        "domainColor": LIMIT,
        "tickColor": LIMIT,
    },
}


def compiled(chart: Spec) -> Spec:
    """A Vega-Lite chart as a Vega program."""
    import vl_convert

    program: Spec = vl_convert.vegalite_to_vega({**chart, "config": _CONFIG}, vl_version="5.21")
    return program


def drawn(program: Spec) -> str:
    """A compiled program with its data, as SVG."""
    import vl_convert

    made: str = vl_convert.vega_to_svg(program)
    return made


_NOISE = re.compile(
    r' (?:class|role|aria-\w+|pointer-events|stroke-miterlimit|version|xmlns(?::xlink)?)="[^"]*"'
    r'|<path[^>]* d=""[^>]*/>| stroke-dasharray=""'
    r'| (?:opacity|fill-opacity|stroke-opacity|stroke-width)="1"| font-family="[^"]*"'
    r'| transform="translate\(0,0\)"'
)
_EMPTY = re.compile(r'<g(?:[^>]*[^/>])?></g>|<(?:g|text)\b[^>]*/>|<path d="M0,0h[^"]*Z"/>')
_LONG = re.compile(r"(\.\d)\d+(?=[^<>]*>)")
_ROOT = re.compile(r'<svg[^>]*viewBox="([^"]*)"[^>]*>')


def with_alternative(svg: str, key: str, title: str, description: str) -> str:
    """The SVG without what a page has no use for, and with its text alternative."""
    small = _LONG.sub(r"\1", _NOISE.sub("", svg))
    while (less := _EMPTY.sub("", small)) != small:
        small = less
    small = re.sub(r'(id="|url\(#)', rf"\g<1>{key}-", small)
    head = (
        rf'<svg viewBox="\g<1>" role="img" aria-labelledby="{key}-title {key}-desc" '
        rf'font-family="system-ui, sans-serif">'
    )
    told = (
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-desc">{escape(description)}</desc>'
    )
    found = _ROOT.match(small)
    assert found is not None
    return found.expand(head) + told + small[found.end() :]
