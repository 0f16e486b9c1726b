"""The whole walk: published in the records, shown on a site that is made from the lake alone."""

from datetime import date

import pytest
from records_story import ALSO, ASK, DAY, FIVE, LIZ, MO, OPCC, PUB, judgment, published

from openpeel.profiles import Assessor
from openpeel.publish.site import write_site
from openpeel.records import answering, following, judging, publishing
from openpeel.records.models import Addressed, Finding
from openpeel.records.roles import INSPECTOR, Actor

pytestmark = pytest.mark.django_db
LATER = date(2024, 4, 30)


@pytest.fixture
def page(lake, tmp_path):
    """What the page of the publication now says, on a site made anew."""

    def shown() -> str:
        write_site(Assessor(lake.snapshot(), publisher="demo"), tmp_path / "site")
        text = (tmp_path / "site" / "publications" / f"cambridgeshire-{FIVE}.html").read_text()
        return text.partition("<main")[2].partition("</main>")[0]

    return shown


def test_from_the_records_to_the_page_and_back_out(lake, page):
    it = published(lake)
    first = it.publications.get()
    said = page()
    assert said.count("<td>Good</td>") == 2
    assert "Calls wait too long." in said
    assert "None is published here." in said

    publishing.reply(LIZ, first.pk, "We accept it.", "C. Constable", "Chief Constable", DAY, lake)
    answering.draft_response(OPCC, first.response.pk, text="We agree.")
    todo = Finding.objects.get(kind="recommendation")
    answering.answer_recommendation(OPCC, first.response.pk, todo.pk, accepted=True, text="Soon.")
    said = page()
    assert "C. Constable, Chief Constable, 12 March 2024" in said
    assert "We agree." not in said
    answering.publish_response(OPCC, first.response.pk, LATER, lake)
    assert all(told in page() for told in ("We accept it.", "We agree.", "Accepted: Soon."))

    to = Addressed.objects.get(finding__kind="cause_of_concern")
    eve = Actor("eve", frozenset({(INSPECTOR, "")}))
    publishing.followed(lake, lambda: following.verify(eve, to.pk, "revisit"))
    letter = {"on": LATER, "letter_url": "https://example.org/letter"}
    publishing.followed(lake, lambda: following.verify(MO, to.pk, "close", **letter))
    assert "<dd>Closed, 30 April 2024</dd>" in page()

    judging.correct_grade(MO, judgment(it, ASK).pk, "adequate", "a slip of the pen")
    publishing.correct(PUB, it.pk, LATER, "A slip of the pen", lake, publisher="demo")
    now, _, before = page().partition("Before: Publication")
    assert "Why: A slip of the pen." in now
    assert (now.count("<td>Adequate</td>"), now.count("<td>Good</td>")) == (1, 1)
    assert before.count("<td>Good</td>") == 2
    assert "We agree." in now

    publishing.retract(PUB, it.pk, LATER, "It was of another force", lake, publisher="demo")
    said = page()
    assert "<strong>Retracted.</strong>" in said
    assert "It was of another force" in said
    for gone in ("Good", "Adequate", "Calls wait too long.", "We agree.", "We accept it.", ALSO):
        assert gone not in said
