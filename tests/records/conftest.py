import pytest
from records_story import CYCLES

from openpeel.lake import Lake


@pytest.fixture(scope="module", autouse=True)
def made_up_cycles(tmp_path_factory):
    """Two small cycles of our own, so that a story is short."""
    folder = tmp_path_factory.mktemp("cycles")
    for name, text in CYCLES.items():
        (folder / f"{name}.toml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENPEEL_CYCLES", str(folder))
        yield folder


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")
