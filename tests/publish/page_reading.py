"""Reading pages back: what a page holds, and what is wrong with it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

INLINE = {"a", "span", "small", "code"}
VOID = {"meta", "link", "br", "img", "hr", "input", "path", "line", "rect", "circle"}


@dataclass
class Page(HTMLParser):
    """A page's ids, links, headings, tables, drawings and text."""

    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str, bool]] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    svgs: list[dict] = field(default_factory=list)
    tables: int = 0
    captions: int = 0
    unscoped: int = 0
    unreachable: int = 0
    text: str = ""
    attributes: list[tuple[str, dict]] = field(default_factory=list)

    def __post_init__(self):
        HTMLParser.__init__(self, convert_charrefs=True)
        self._open: list[str] = []
        self._link: tuple[str, bool] | None = None
        self._said = ""
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.text += "" if tag in INLINE else "\n"
        self.attributes.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self._link, self._said = (given["href"], "figure" in given.get("class", "")), ""
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.headings.append(int(tag[1]))
        if tag in {"script", "img", "iframe", "object", "embed", "link", "video", "audio"}:
            self.loads.append(tag)
        self.loads += [f"{tag} {k}" for k in ("src", "srcset", "onclick", "onload") if k in given]
        if tag == "svg":
            self.svgs.append(given)
        if tag == "table":
            self.tables += 1
            region = next(a for t, a in reversed(self.attributes) if t == "div")
            self.unreachable += not (region.get("tabindex") == "0" and region.get("aria-label"))
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in given
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")
        if tag == "a" and self._link:
            self.links.append((self._link[0], " ".join(self._said.split()), self._link[1]))
            self._link = None

    def handle_data(self, data):
        if self._open and self._open[-1] == "style":
            return
        self.text += data
        self._said += data

    def close(self):
        super().close()
        self.wrong += [f"{tag} is never closed" for tag in self._open]

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Link and text of every figure."""
        return [(href, said) for href, said, figure in self.links if figure]


def read_page(html: str) -> Page:
    """A page, parsed."""
    page = Page()
    page.feed(html)
    page.close()
    return page


def faults(page: Page) -> list[str]:
    """What a page of openpeel must not have; empty where it is sound."""
    found = list(page.wrong) + [f"loads {what}" for what in page.loads]
    found += [f"id {i} twice" for i in set(page.ids) if page.ids.count(i) > 1]
    found += [
        f"no {href} in the page"
        for href, _, _ in page.links
        if href.startswith("#") and href[1:] not in page.ids
    ]
    steps = zip([0, *page.headings], page.headings, strict=False)
    found += [f"h{b} after h{a}" for a, b in steps if b > a + 1]
    if page.headings.count(1) != 1:
        found.append("not one h1")
    for svg in page.svgs:
        named = svg.get("aria-labelledby", "").split()
        if svg.get("role") != "img" or len(named) != 2 or not set(named) <= set(page.ids):
            found.append("an svg without a text alternative")
    if page.captions != page.tables or page.unscoped or page.unreachable:
        found.append("a table without caption, scope or a region to scroll in")
    return found
