"""Findings that are addressed to national bodies, which are no forces."""

import pytest
from records_story import ANN, ASK, DAY, FIVE, KEN, LIZ, MO, PUB, somebody

from openpeel.errors import NotKnown
from openpeel.records import answering, exporting, following, judging, publishing
from openpeel.records.importing import import_findings
from openpeel.records.listing import due, finding_rows
from openpeel.records.models import Addressed
from openpeel.records.sheets import read_sheet

pytestmark = pytest.mark.django_db
COLLEGE = somebody("col", "force-liaison", "college-of-policing")


@pytest.fixture
def national(lake) -> Addressed:
    """A thematic recommendation to a force and to a body that is none."""
    made = following.draft_finding(
        ANN, "recommendation", "Train all.", bodies=["Kent", "The College of Policing"], due_on=DAY
    )
    publishing.publish_thematic(PUB, made.pk, DAY, lake)
    return made.addressed.get(force_id="college-of-policing")


def states(it: Addressed) -> tuple[str, str]:
    it.refresh_from_db()
    return it.claimed_state, it.verified_state


def test_a_national_body_claims_and_the_inspectorate_verifies(national):
    for move in ("allocate", "offer", "complete"):
        following.claim(COLLEGE, national.pk, move, owner="A lead", text="Done.")
    following.verify(ANN, national.pk, "await-review")
    following.verify(MO, national.pk, "close", on=DAY, letter_url="https://example.org/letter")
    assert states(national) == ("complete", "closed")
    (kent,) = national.finding.addressed.filter(force_id="kent")
    assert states(kent) == ("not-allocated", "published")
    for actor in (LIZ, KEN):
        with pytest.raises(NotKnown):
            following.claim(actor, national.pk, "resume", text="x")
    with pytest.raises(NotKnown):
        following.claim(COLLEGE, kent.pk, "allocate", owner="x")


def test_a_national_bodys_findings_are_listed_and_exported_for_it(national):
    (row,) = finding_rows(COLLEGE)
    assert (row["force"], row["overdue"]) == ("college-of-policing", True)
    assert [d.kind for d in due(COLLEGE, DAY)] == ["finding"]
    assert "college-of-policing" in exporting.findings_csv(COLLEGE, "college-of-policing")
    paper = exporting.committee_paper(COLLEGE, "college-of-policing", DAY)
    assert paper.title == "College of Policing: inspection findings and progress"
    assert len(paper.items) == 1


def test_the_56_days_are_owed_by_the_policing_bodies_of_forces_alone(national):
    assert [r.force_id for r in national.finding.responses.all()] == ["kent"]


def test_only_a_force_is_inspected_assesses_itself_and_has_a_list():
    sheet = read_sheet(b"Text,Published\nx,2024-03-12\n", "list.csv")
    for attempt in (
        lambda: judging.plan(ANN, "Home Office", FIVE),
        lambda: answering.assess_itself(COLLEGE, "college-of-policing", FIVE, ASK, "Fine."),
        lambda: import_findings(COLLEGE, "college-of-policing", sheet, {}, dry_run=True),
    ):
        with pytest.raises(NotKnown, match=r"no (territorial )?police force"):
            attempt()
