"""The pages in a real browser: narrow, without JavaScript, from the keyboard, and through axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from published_lakes import published_lake

from openpeel.profiles import Assessor
from openpeel.publish import page
from openpeel.publish.site import write_site

pytestmark = pytest.mark.browser
PAGES = [
    "index.html",
    "about.html",
    "signals.html",
    "forces/cambridgeshire.html",
    "forces/greater-manchester.html",
    "forces/hampshire.html",
    "indicators/shoplifting-rate.html",
    "indicators/search-disparity-black.html",
    "indicators/officers.html",
    "published/publications/cambridgeshire-2023-25.html",
    "published/forces/cambridgeshire.html",
]
# WCAG 2.2 AA, with what it inherits.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def site(whole_assessor, tmp_path_factory):
    """The site of all that is carried. Charts, most of the time, are on visited pages only."""
    folder = tmp_path_factory.mktemp("site") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "period_chart", lambda *_: "")
        write_site(whole_assessor, folder)
    for visited in PAGES:
        if visited.startswith("forces/"):
            force = visited.removeprefix("forces/").removesuffix(".html")
            made = page.Pages(whole_assessor, site=True).force(whole_assessor.profile(force))
            (folder / visited).write_text(made, encoding="utf-8")
    # Beside it, a small one of what was published from records.
    lake = published_lake(tmp_path_factory.mktemp("published") / "lake")
    write_site(Assessor(lake.snapshot(), publisher="demo"), folder / "published")
    return folder


@pytest.fixture
def visit(chromium, site):
    """Open a page at a width; with JavaScript only where a check needs to run some."""
    opened = []

    def go(page: str, width: int = 1280, javascript: bool = False):
        context = chromium.new_context(
            java_script_enabled=javascript, viewport={"width": width, "height": 800}
        )
        opened.append(context)
        tab = context.new_page()
        requests: list[str] = []
        tab.on("request", lambda r: requests.append(r.url))
        tab.goto((site / page).as_uri())
        return tab, requests

    yield go
    for context in opened:
        context.close()


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(visit, page):
    tab, _ = visit(page, javascript=True)
    found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off_at_320_pixels(visit, page):
    tab, _ = visit(page, width=320, javascript=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_for_nothing_else(visit, page):
    _, requests = visit(page)
    assert len(requests) == 1


def test_without_javascript_a_figure_leads_to_its_trace(visit):
    tab, _ = visit("forces/cambridgeshire.html")
    link = tab.locator("a[href='#trace-shoplifting-rate-2025-12']").first
    link.click()
    tab.wait_for_url("**#trace-shoplifting-rate-2025-12")
    shown = tab.locator("#trace-shoplifting-rate-2025-12")
    shown.wait_for(state="visible")
    assert "2025-12-cambridgeshire-street.csv" in shown.inner_text()


def test_the_keyboard_reaches_the_content_first(visit):
    tab, _ = visit("forces/cambridgeshire.html")
    tab.keyboard.press("Tab")
    focused = tab.locator(":focus")
    assert "Skip" in focused.inner_text()
    tab.keyboard.press("Enter")
    tab.wait_for_url(lambda url: "#" in url)


def test_from_the_index_to_a_force_and_an_indicator(visit):
    tab, _ = visit("index.html")
    tab.get_by_role("link", name="Cambridgeshire", exact=False).first.click()
    assert "Cambridgeshire" in tab.locator("h1").inner_text()
