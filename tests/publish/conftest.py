"""Pages and a site made once a worker."""

import pytest
from page_reading import read_page

from openpeel.publish import page
from openpeel.publish.site import write_site


@pytest.fixture(scope="session")
def pages(assessor):
    """The pages of some forces, by force: text and what was read from it."""
    forces = ("cambridgeshire", "hampshire", "avon-and-somerset", "greater-manchester")
    return {name: (html := page.force_page(assessor, name), read_page(html)) for name in forces}


@pytest.fixture(scope="session")
def site(assessor, tmp_path_factory):
    """A whole site, and its files. Month charts are left out: they are most of the time."""
    folder = tmp_path_factory.mktemp("site") / "site"
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "period_chart", lambda *_: "")
        written = write_site(assessor, folder, lambda done, total: seen.append((done, total)))
    return folder, written, seen
