"""From the records to the lake: what is published, whole, once; corrections are new versions.

Nothing of a draft leaves by any other door. The lake is written before the records say so: a kill
between the two leaves the lake right, and the same publication again writes nothing new there.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from django.db import transaction
from django.db.models import Max

from openpeel.errors import DefinitionError, NotAllowed
from openpeel.lake import Lake
from openpeel.records import to_lake
from openpeel.records.changing import change, held, in_words
from openpeel.records.clock import clock, in_full
from openpeel.records.following import publish_finding
from openpeel.records.lifecycles import INSPECTION, JUDGMENT, RESPONSE
from openpeel.records.models import (
    Finding,
    Inspection,
    Judgment,
    Progress,
    Publication,
    Response,
    Statement,
)
from openpeel.records.models.publications import TAKEN_OVER
from openpeel.records.roles import Actor
from openpeel.records.to_lake import Attributed
from openpeel.records.trail import writing
from openpeel.records.weighing import needs_concern, round_of
from openpeel.reference import Force, body

Done = TypeVar("Done")


def publish(
    actor: Actor,
    inspection: int,
    on: date,
    lake: Lake,
    *,
    publisher: str,
    statements: Sequence[Attributed] = (),
    version: int | None = None,
) -> Publication:
    """Publish an inspection: its judgments and drafted findings, as one snapshot of the lake.

    The 56 days of the local policing body begin with `on`. Raises NotAllowed where it is not signed
    off or the role may not, DefinitionError for a day to come, and LakeError where the lake cannot
    be written; nothing is changed then.
    """
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection, version)
        state, role = INSPECTION.step(it.state, "publish", actor, it.force_id)
        to_lake.come(on)
        for judgment in it.judgments.all():
            if needs_concern(judgment) and not judgment.without_concern_reason:
                raise NotAllowed(f"The cause of concern behind {judgment.question} is gone.")
            _out(actor, judgment)
        change(it, state=state)
        _publish_drafts(actor, it, on)
        made = _version(trail.stood_at, it, "publication", on, "", lake, publisher, statements)
        _owe(made, it.force_id, on)
        trail.tell("publication.publish", made, role=role, force_id=it.force_id, on=on)
    return made


def publish_taken_over(actor: Actor, inspection: int, lake: Lake, *, publisher: str) -> Publication:
    """Put what was taken over into the lake, under the first day that any of it was published.

    Where no source gives that day the clock cannot be told, and no response is owed; where one
    does, whether it was answered is not known.
    """
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection)
        role = actor.must("inspection.take-over", it.force_id)
        if it.state != "published" or it.publications.exists():
            raise NotAllowed("Only what was taken over, and is not in the lake yet, goes there so.")
        days = it.findings.exclude(published_on=None).values_list("published_on", flat=True)
        on = min(days, default=None)
        made = _version(trail.stood_at, it, "publication", on, TAKEN_OVER, lake, publisher)
        if on is not None:
            _owe(made, it.force_id, on, "not-known")
        trail.tell("publication.take-over", made, role=role, force_id=it.force_id, on=on)
    return made


def publish_thematic(
    actor: Actor, finding: int, on: date, lake: Lake, *, version: int | None = None
) -> Finding:
    """Publish a finding of a thematic report, with its recommendations, to all its bodies at once.

    The 56 days of each force's local policing body begin with `on`; national bodies owe none. It
    goes to the lake as 'thematic.' and its number.
    """
    with writing(actor) as trail:
        it = held(actor, Finding, finding, version)
        if it.inspection or it.parent or it.imported_from:
            raise NotAllowed("It is no finding of a thematic report.")
        to_lake.come(on)
        publish_finding(actor, it.pk, on)
        it.refresh_from_db()
        recommends = it.kind == "recommendation" or it.recommendations.exists()
        for one in it.addressed.all() if recommends else ():
            if not isinstance(body(one.force_id), Force):
                continue
            response = Response(finding=it, force_id=one.force_id, state=RESPONSE.start)
            response.last_day = clock(on).last_day
            response.save()
        snapshot = _findings([it], lake, "publication")
        role = actor.must("publication.publish")
        trail.tell("publication.thematic", it, role=role, on=on, snapshot=snapshot)
    return it


def correct(
    actor: Actor,
    inspection: int,
    on: date,
    reason: str,
    lake: Lake,
    *,
    publisher: str,
    version: int | None = None,
) -> Publication:
    """Publish a new version of what was published, with its reason. The former stays readable."""
    return _again(actor, inspection, "correct", on, reason, lake, publisher, version)


def retract(
    actor: Actor,
    inspection: int,
    on: date,
    reason: str,
    lake: Lake,
    *,
    publisher: str,
    version: int | None = None,
) -> Publication:
    """Retract a publication: its newest version says that, and why, and holds no grade."""
    return _again(actor, inspection, "retract", on, reason, lake, publisher, version)


def publish_at_once(
    actor: Actor, finding: int, on: date, reason: str, lake: Lake, *, version: int | None = None
) -> Finding:
    """Publish an accelerated cause of concern ahead of its report, for a risk to the public.

    It goes to the lake with what is published of its inspection, which is its findings alone. No
    clock begins: the 56 days are the report's.
    """
    with writing(actor) as trail:
        it = held(actor, Finding, finding, version)
        to_lake.come(on)
        publish_finding(actor, it.pk, on, at_once=True, reason=reason)
        it.refresh_from_db()
        snapshot = _findings([it], lake, "accelerated cause of concern")
        role = actor.must("publication.publish")
        trail.tell("publication.at-once", it, role=role, on=on, snapshot=snapshot)
    return it


def followed(lake: Lake, do: Callable[[], Done]) -> Done:
    """Do what moves findings (a claim, a verification, many at once, an import), and tell the lake.

    Both happen or neither. What is published says from then on how each finding that was moved now
    stands; what the lake does not hold, or was retracted, is moved in the records alone.
    """
    with transaction.atomic():
        before = Progress.objects.aggregate(last=Max("pk"))["last"] or 0
        done = do()
        moved = Finding.objects.filter(addressed__progress__pk__gt=before).distinct()
        # A force's own list is never in the lake, whatever an older copy's numbers meet there.
        moved = moved.filter(imported_from="").exclude(inspection__state="retracted")
        keys, found = to_lake.told(lake), list(moved.select_related("inspection"))
        # Nor is what was withdrawn, where an inspection after it stands in its place.
        of = {it.inspection for it in found if it.inspection}
        over = {it for it in of if to_lake.holder(it.force_id, it.cycle) != it}
        shown = [
            it for it in found if it.inspection not in over and to_lake.key_of_finding(it) in keys
        ]
        if shown:
            _findings(shown, lake, "move of findings")
    return done


def reply(
    actor: Actor, publication: int, text: str, name: str, post: str, on: date, lake: Lake
) -> Statement:
    """The force's reply, attributed, in the lake with its publication from then on."""
    with writing(actor) as trail:
        it = held(actor, Publication, publication)
        role = actor.must("accuracy.answer", it.inspection.force_id)
        if it.inspection.state != "published":
            raise NotAllowed(f"The inspection is '{it.inspection.state}': there is no reply to it.")
        to_lake.come(on)
        if it.published_on and on < it.published_on:
            raise DefinitionError(
                f"It was published on {in_full(it.published_on)}: a reply to it comes after that."
            )
        made = _state(it, Attributed("force", name, post, text, on))
        key = to_lake.key_of(it.inspection)
        rows = {to_lake.STATEMENTS: to_lake.statement_rows(it.inspection)}
        to_lake.write(lake, {key: rows}, f"reply to {key}")
        trail.tell("publication.reply", it, role=role, force_id=it.inspection.force_id, name=name)
    return made


def _again(
    actor: Actor,
    inspection: int,
    move: str,
    on: date,
    reason: str,
    lake: Lake,
    publisher: str,
    version: int | None,
) -> Publication:
    kind = {"correct": "correction", "retract": "retraction"}[move]
    with writing(actor) as trail:
        it = held(actor, Inspection, inspection, version)
        state, role = INSPECTION.step(it.state, move, actor, it.force_id)
        to_lake.come(on)
        reason = in_words(reason, f"A {kind} needs a reason, in words.")
        change(it, state=state)
        if move == "correct":
            for judgment in it.judgments.filter(state="corrected"):
                _out(actor, judgment)
            _publish_drafts(actor, it, on)
        made = _version(trail.stood_at, it, kind, on, reason, lake, publisher)
        trail.tell(f"publication.{kind}", made, role=role, force_id=it.force_id, reason=reason)
    return made


def _out(actor: Actor, judgment: Judgment) -> None:
    state, _ = JUDGMENT.step(judgment.state, "publish", actor, judgment.inspection.force_id)
    change(judgment, state=state)


def _publish_drafts(actor: Actor, it: Inspection, on: date) -> None:
    """Publish what is drafted; a recommendation goes out with its cause of concern, or alone."""
    drafts = it.findings.filter(addressed__verified_state="draft").order_by("parent", "pk")
    for finding in sorted(drafts, key=lambda f: f.parent_id is not None):
        if finding.addressed.filter(verified_state="draft").exists():
            publish_finding(actor, finding.pk, on)


def _findings(found: Sequence[Finding], lake: Lake, why: str) -> int:
    """Bring what the lake holds of findings, and of all published with them, up to date."""
    by_key = {to_lake.key_of_finding(it): it for it in found}
    pieces = {
        key: {to_lake.FINDINGS: to_lake.finding_rows(key, to_lake.published_with(it))}
        for key, it in by_key.items()
    }
    return to_lake.write(lake, pieces, f"{why}: {', '.join(by_key)}")


def _owe(made: Publication, force_id: str, on: date, state: str = RESPONSE.start) -> None:
    last = clock(on).last_day
    Response(publication=made, force_id=force_id, state=state, last_day=last).save()


def _version(
    trail: str,
    it: Inspection,
    kind: str,
    on: date | None,
    reason: str,
    lake: Lake,
    publisher: str,
    statements: Sequence[Attributed] = (),
) -> Publication:
    """The next version of a publication: in the lake, then in the records.

    It is pinned to the vintages that its evidence was read at, and to where the trail stood.
    """
    for one in statements:
        _whole(one)
    number = it.publications.count() + 1
    vintages = _vintages(it)
    version = {
        "published_on": to_lake.day(on),
        "number": number,
        "kind": kind,
        "reason": reason,
        "vintages": ";".join(map(str, vintages)),
        "trail": trail,
        "publisher": publisher,
    }
    key = to_lake.key_of(it)
    rows = {to_lake.JUDGMENTS: to_lake.judgment_rows(it, version)}
    rows |= to_lake.standing(it, statements)
    made = Publication(
        inspection=it,
        number=number,
        kind=kind,
        published_on=on,
        reason=reason,
        snapshot=to_lake.write(lake, {key: rows}, f"{kind} of {it.force_id}, {it.cycle}"),
        vintages=vintages,
        trail=trail,
        content={
            "judgments": rows[to_lake.JUDGMENTS],
            "findings": rows[to_lake.FINDINGS],
            "statements": rows[to_lake.STATEMENTS],
        },
    )
    made.save()
    for one in statements:
        _state(made, one)
    return made


def _vintages(it: Inspection) -> list[int]:
    found = {
        basis.revision.vintage
        for judgment in it.judgments.all()
        for basis in judgment.based_on.filter(round=round_of(judgment)).select_related("revision")
    }
    return sorted(v for v in found if v is not None)


def _state(publication: Publication, one: Attributed) -> Statement:
    _whole(one)
    made = Statement(
        publication=publication,
        side=one.side,
        name=one.name,
        post=one.post,
        text=one.text,
        said_on=one.said_on,
    )
    made.save()
    return made


def _whole(one: Attributed) -> None:
    if one.side not in ("inspectorate", "force") or not (one.text.strip() and one.name.strip()):
        raise DefinitionError(
            "A statement is the inspectorate's or the force's, with text and name."
        )
