from datetime import date

import pytest
from records_story import (
    ANN,
    ASK,
    DAY,
    KEN,
    LIZ,
    MO,
    PUB,
    VIC,
    concern,
    grading,
    published,
    signed_off,
)  # fmt: skip

from openpeel.errors import DefinitionError, FrameworkError, NotAllowed, NotKnown, Stale
from openpeel.records import bulk, effects, following, gathering, phases, publishing
from openpeel.records.models import Addressed, Finding, MonitoringPhase, Progress

pytestmark = pytest.mark.django_db
LETTER = "https://example.org/letter"


@pytest.fixture
def to(lake) -> Addressed:
    """A published cause of concern, as it stands for its force."""
    published(lake)
    return Addressed.objects.get(finding__kind="cause_of_concern")


def claimed(to: Addressed) -> Addressed:
    following.claim(LIZ, to.pk, "allocate", owner="DCI Example")
    following.claim(LIZ, to.pk, "offer")
    return following.claim(LIZ, to.pk, "complete", text="Two visit together.")


def closed(to: Addressed) -> Addressed:
    claimed(to)
    following.verify(ANN, to.pk, "await-review")
    following.verify(ANN, to.pk, "revisit")
    return following.verify(MO, to.pk, "close", on=date(2024, 12, 9), letter_url=LETTER)


def states(to: Addressed) -> tuple[str, str]:
    to.refresh_from_db()
    return to.claimed_state, to.verified_state


def test_a_claim_and_a_verification_are_two_fields(to):
    claimed(to)
    assert states(to) == ("complete", "published")
    following.verify(ANN, to.pk, "await-review")
    following.claim(LIZ, to.pk, "resume", text="Not quite.")
    assert states(to) == ("in-progress", "awaiting-review")


def test_from_publication_to_closure_and_back(to):
    assert closed(to).closed_on == date(2024, 12, 9)
    assert states(to) == ("complete", "closed")
    with pytest.raises(DefinitionError, match="why"):
        following.verify(MO, to.pk, "reopen")
    following.verify(MO, to.pk, "reopen", text="It came back.")
    assert states(to) == ("complete", "reopened")
    assert to.closed_on is None
    steps = Progress.objects.filter(addressed=to).values_list("side", "after")
    assert list(steps) == [
        ("inspectorate", "published"),
        ("force", "in-progress"),
        ("force", "pending-sign-off"),
        ("force", "complete"),
        ("inspectorate", "awaiting-review"),
        ("inspectorate", "revisit"),
        ("inspectorate", "closed"),
        ("inspectorate", "reopened"),
    ]


def test_each_side_moves_its_own_alone(to):
    with pytest.raises(NotAllowed, match="force-liaison"):
        following.claim(ANN, to.pk, "allocate", owner="x")
    with pytest.raises(NotAllowed, match="moderator"):
        following.verify(LIZ, to.pk, "revisit")
    with pytest.raises(NotKnown):
        following.claim(KEN, to.pk, "allocate", owner="x")
    following.verify(ANN, to.pk, "revisit")
    with pytest.raises(NotAllowed, match="moderator"):
        following.verify(ANN, to.pk, "close", on=DAY, letter_url=LETTER)


def test_to_await_review_takes_the_forces_claim(to):
    with pytest.raises(NotAllowed, match="not claimed"):
        following.verify(ANN, to.pk, "await-review")


def test_to_close_takes_a_letter_and_a_day_after_publication(to):
    following.verify(ANN, to.pk, "revisit")
    for given in ({}, {"on": DAY}, {"letter_url": LETTER}):
        with pytest.raises(DefinitionError, match="letter"):
            following.verify(MO, to.pk, "close", **given)
    with pytest.raises(DefinitionError, match="before it was published"):
        following.verify(MO, to.pk, "close", on=date(2024, 3, 11), letter_url=LETTER)
    with pytest.raises(DefinitionError, match="still to come"):
        following.verify(MO, to.pk, "close", on=date(2999, 1, 1), letter_url=LETTER)
    with pytest.raises(DefinitionError, match="closure_url"):
        following.verify(MO, to.pk, "close", on=DAY, letter_url="javascript:alert(1)")


def test_a_closure_letter_may_be_evidence_of_the_same_force(to):
    said = gathering.Said(text="Closed.")
    mine = gathering.add_evidence(
        ANN, to.finding.inspection_id, "document", "Letter", said, [gathering.Bears(ASK, "for")]
    )
    other = gathering.add_evidence(
        ANN, grading(force="kent").pk, "document", "Letter", said, [gathering.Bears(ASK, "for")]
    )
    following.verify(ANN, to.pk, "revisit")
    with pytest.raises(DefinitionError, match="another force"):
        following.verify(MO, to.pk, "close", on=DAY, letter=other.newest.pk)
    following.verify(MO, to.pk, "close", on=DAY, letter=mine.newest.pk)
    assert states(to)[1] == "closed"


def test_a_finding_of_a_later_report_supersedes(to, lake):
    thematic = following.draft_finding(ANN, "afi", "Anew.", bodies=["Kent", "Cambridgeshire"])
    late, other = (thematic.addressed.get(force_id=f) for f in ("cambridgeshire", "kent"))
    with pytest.raises(DefinitionError, match="published, and later"):
        following.verify(ANN, to.pk, "supersede", instead=late.pk)
    assert not following.may_supersede(ANN, to).exists()
    publishing.publish_thematic(PUB, thematic.pk, date(2025, 1, 1), lake)
    assert list(following.may_supersede(ANN, to)) == [late]
    assert not following.may_supersede(ANN, late).exists()
    for wrong in (other.pk, to.pk, None):
        with pytest.raises(DefinitionError, match="later"):
            following.verify(ANN, to.pk, "supersede", instead=wrong)
    following.verify(ANN, to.pk, "supersede", instead=late.pk)
    assert states(to)[1] == "superseded"


def test_no_finding_is_published_by_verifying(lake):
    it = signed_off()
    draft = concern(it).addressed.get()
    for actor in (PUB, ANN):
        for move in ("publish", "publish-at-once", "withdraw"):
            with pytest.raises((NotAllowed, NotKnown)):
                following.verify(actor, draft.pk, move, text="x")
    assert states(draft)[1] == "draft"


def test_a_finding_goes_out_with_its_report_unless_the_public_is_at_risk():
    it = grading()
    draft = concern(it)
    with pytest.raises(NotAllowed, match="with the report"):
        following.publish_finding(PUB, draft.pk, DAY)
    with pytest.raises(NotAllowed, match="accelerated"):
        following.publish_finding(PUB, draft.pk, DAY, at_once=True, reason="risk")
    fast = following.draft_finding(
        ANN, "accelerated_cause_of_concern", "Children at risk.", inspection=it.pk
    )
    with pytest.raises(NotAllowed, match="risk"):
        following.publish_finding(PUB, fast.pk, DAY, at_once=True)
    with pytest.raises(NotAllowed, match="needs a recommendation"):
        following.publish_finding(PUB, fast.pk, DAY, at_once=True, reason="children")
    todo = following.draft_finding(ANN, "recommendation", "Now.", inspection=it.pk, parent=fast.pk)
    following.publish_finding(PUB, fast.pk, DAY, at_once=True, reason="children")
    assert states(todo.addressed.get()) == ("not-allocated", "published")


def test_what_is_drafted_is_checked():
    it = grading()
    cases = [
        (("no-such-kind", "x"), {"inspection": it.pk}, DefinitionError, "no kind"),
        (("afi", " "), {"inspection": it.pk}, DefinitionError, "text"),
        (("afi", "x"), {}, DefinitionError, "somebody"),
        (("afi", "x"), {"bodies": ["Atlantis"]}, NotKnown, "Atlantis"),
        (("afi", "x"), {"inspection": it.pk, "question": "nope"}, FrameworkError, "nope"),
        (("afi", "x"), {"inspection": 987}, NotKnown, "987"),
        (("afi", "x"), {"inspection": it.pk, "parent": concern(it).pk}, DefinitionError, "belongs"),
        (("afi", "x\0"), {"inspection": it.pk}, DefinitionError, "NUL"),
        (("afi", "x"), {"inspection": it.pk, "source_title": "x" * 400}, DefinitionError, "300"),
    ]
    before = Finding.objects.count()
    for given, named, error, words in cases:
        with pytest.raises(error, match=words):
            following.draft_finding(ANN, *given, **named)
    assert Finding.objects.count() == before


def test_a_draft_is_changed_and_withdrawn_and_what_is_published_is_not(lake):
    it = signed_off()
    draft = concern(it)
    following.revise_finding(ANN, draft.pk, "Calls wait far too long.", version=draft.version)
    with pytest.raises(Stale):
        following.revise_finding(ANN, draft.pk, "No.", version=draft.version)
    with pytest.raises(DefinitionError, match="reason"):
        following.withdraw_finding(ANN, draft.pk, "")
    following.withdraw_finding(ANN, draft.pk, "it was not so")
    publishing.publish(PUB, it.pk, DAY, lake, publisher="demo")
    assert set(Addressed.objects.values_list("verified_state", flat=True)) == {"withdrawn"}
    with pytest.raises(NotAllowed, match="Only a draft"):
        following.revise_finding(ANN, draft.pk, "After all.")


def test_actions_are_the_forces(to):
    made = following.add_action(LIZ, to.pk, "Train people", "DCI Example", date(2024, 5, 1))
    with pytest.raises(NotAllowed, match="force-liaison"):
        following.add_action(ANN, to.pk, "Train people", "x")
    for text, owner in (("", "x"), ("x", " ")):
        with pytest.raises(DefinitionError):
            following.add_action(LIZ, to.pk, text, owner)
    following.update_action(LIZ, made.pk, done_on=date(2024, 4, 1), version=made.version)
    with pytest.raises(Stale):
        following.update_action(LIZ, made.pk, note="x", version=made.version)
    assert following.update_action(LIZ, made.pk, done_on=None).done_on is None
    with pytest.raises(NotKnown):
        following.update_action(KEN, made.pk, note="x")


def test_a_notable_practice_asks_for_nothing(to):
    practice = Addressed.objects.get(finding__kind="notable_practice")
    with pytest.raises(NotAllowed, match="asks for nothing"):
        following.claim(LIZ, practice.pk, "allocate", owner="x")
    with pytest.raises(NotAllowed, match="asks for nothing"):
        following.verify(ANN, practice.pk, "revisit")


def test_many_findings_are_moved_in_one_write_or_none(to):
    todo = Addressed.objects.get(finding__kind="recommendation")
    both = [(to.pk, to.version), (todo.pk, todo.version)]
    bulk.in_bulk(LIZ, "force", "allocate", both, owner="DCI Example")
    assert states(to)[0] == states(todo)[0] == "in-progress"
    following.claim(LIZ, todo.pk, "offer")
    with pytest.raises(Stale, match=r"'Answer sooner, .*': .* None of them was changed"):
        bulk.in_bulk(LIZ, "force", "offer", [(to.pk, None), (todo.pk, 1)])
    assert states(to)[0] == "in-progress"
    bulk.in_bulk(LIZ, "force", "hand-over", [(to.pk, None), (todo.pk, None)], owner="DI Other")
    to.refresh_from_db()
    assert to.owner == "DI Other"
    bulk.hand_over(LIZ, to.pk, target_on=DAY)
    assert bulk.hand_over(LIZ, to.pk, owner="DCI Example").target_on == DAY
    given_up = bulk.hand_over(LIZ, to.pk, target_on=None)
    assert (given_up.owner, given_up.target_on) == ("DCI Example", None)
    with pytest.raises(DefinitionError, match="who has it"):
        bulk.in_bulk(LIZ, "force", "hand-over", [(to.pk, None)])
    with pytest.raises(NotAllowed):
        bulk.in_bulk(LIZ, "inspectorate", "revisit", [(to.pk, None)])
    for side, chosen in (("nobody", both), ("force", [])):
        with pytest.raises(DefinitionError):
            bulk.in_bulk(LIZ, side, "offer", chosen)


def test_a_closure_is_looked_at_again_against_its_indicator(to, crime_lake):
    with pytest.raises(NotAllowed, match="after it is closed"):
        effects.plan_check(ANN, to.pk, "shoplifting-rate", date(2025, 6, 9))
    closed(to)
    made = effects.plan_check(ANN, to.pk, "shoplifting-rate", date(2025, 6, 9))
    look = effects.measure(ANN, made.pk, crime_lake.snapshot())
    assert (look.indicator, look.vintage) == ("shoplifting-rate", crime_lake.snapshot().id)
    assert look.after
    assert all(f.period[:7] > "2024-12" for f in look.after)
    assert all(f.period[:7] <= "2024-12" for f in look.before)
    with pytest.raises(NotKnown):
        effects.measure(KEN, made.pk, crime_lake.snapshot())
    with pytest.raises(DefinitionError, match="what was found"):
        effects.record_check(ANN, made.pk, held_up=True, result=" ")
    effects.record_check(ANN, made.pk, held_up=False, result="It rose.", vintage=look.vintage)
    with pytest.raises(Stale):
        effects.record_check(ANN, made.pk, held_up=True, result="No.", version=made.version)


def test_phases_are_dated_data():
    phases.set_phase(MO, "Kent", "engage", date(2024, 1, 1), "a cause of concern")
    phases.set_phase(MO, "Kent", "scan", date(2025, 1, 1), "it is closed")
    found = MonitoringPhase.objects.values_list("level", "begins", "ends")
    assert list(found) == [
        ("engage", date(2024, 1, 1), date(2025, 1, 1)),
        ("scan", date(2025, 1, 1), None),
    ]
    with pytest.raises(DefinitionError, match="'Scan' since 1 January 2025"):
        phases.set_phase(MO, "Kent", "engage", date(2024, 6, 1), "late")
    with pytest.raises(DefinitionError, match="no phase 'Level 1' of monitoring on 1 June 2025"):
        phases.set_phase(MO, "Kent", "level-1", date(2025, 6, 1), "too early for it")
    with pytest.raises(DefinitionError, match="reason"):
        phases.set_phase(MO, "Kent", "engage", date(2026, 6, 1), "")
    with pytest.raises(NotAllowed):
        phases.set_phase(VIC, "Kent", "engage", date(2026, 6, 1), "x")
