"""What was published from the records, in words, as plain text and as data for JSON."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from openpeel.profiles import Profile, Publication
from openpeel.profiles.publications import AHEAD, Found, Graded, Statement, Version
from openpeel.publish.columns import ends, row, said
from openpeel.publish.words import capital, day, kind_name, standing
from openpeel.reference import force

Data = dict[str, Any]

HEADING = "Published from the records"
NOT_THEIRS = (
    "By the publisher named, from records kept with openpeel; not by HMICFRS. The collected grades "
    "and findings are what HMICFRS and other public sources say: where the two differ, each is "
    "whose it says it is."
)
TOLD_ELSEWHERE = (
    "Taken over from public sources: its grades, and what the sources say of its findings, stand "
    "with them among the collected ones."
)
_VERIFIED = {
    "published": "stands",
    "awaiting-review": "awaiting review",
    "revisit": "being looked at again",
    "reopened": "closed once, and stands again",
}
_CLAIMED = {
    "not-known": "not known",
    "not-allocated": "nothing yet",
    "in-progress": "in progress",
    "pending-sign-off": "done, and yet to be signed off in the force",
}
_SIDES = {"inspectorate": "Statement of the inspector", "force": "Reply of the force"}


def subject_of(it: Publication) -> str:
    """What was published: a cycle, what is ahead of its report, or a theme."""
    return f"{it.title}, ahead of its report" if it.kind == AHEAD else it.title


def publication_title(it: Publication) -> str:
    """The force, and what was published about it."""
    return f"{force(it.force_id).name}: {subject_of(it)}"


def version_words(it: Version) -> str:
    """Which version it is, of when and whose."""
    number = f", version {it.number}" if it.number > 1 else ""
    return f"{capital(it.kind)}{number}, {day(it.published_on)}, published by {it.publisher}"


def headline(it: Publication) -> str:
    """The version in force, with its reason; of what has no versions, when it was published."""
    newest = it.newest
    if newest is None:
        return f"Findings, published {day(it.published_on)}."
    why = f" Why: {newest.reason.rstrip('.')}." if newest.reason and not it.taken_over else ""
    gone = " No grade of it stands." if it.retracted else ""
    return f"{version_words(newest)}.{why}{gone}"


def grade_notes(it: Graded) -> str:
    """What has to be said beside a grade: '' where it was inspected."""
    if it.status != "carried-over":
        return ""
    return f"carried over from {it.carried_from or 'an earlier inspection'}"


def verified_words(it: Found) -> str:
    """What was verified, never what is claimed."""
    words = _VERIFIED.get(it.verified, it.verified.replace("-", " "))
    return f"{words}, {day(it.closed_on)}" if it.closed_on else words


def claimed_words(it: Found) -> str:
    """What the force claims."""
    return _CLAIMED.get(it.claimed, it.claimed.replace("-", " "))


def asks(it: Found) -> bool:
    """Whether somebody has to do something about a finding."""
    return it.kind != "notable-practice"


def said_by(it: Statement) -> str:
    """Whose statement it is, and of which day."""
    who = ", ".join(filter(None, (it.name, it.post)))
    return f"{_SIDES.get(it.side, capital(it.side))}: {who}, {day(it.said_on)}"


def pinned(it: Version) -> str:
    """What a version rests on, and where it can be read for ever."""
    framework = f"Framework: {it.framework_version}. " if it.framework_version else ""
    read_at = ", ".join(map(str, it.vintages)) or "none"
    return f"{framework}Evidence read at snapshots: {read_at}. It became snapshot {it.snapshot}."


def history_words(it: Version) -> str:
    """What became of a version before the newest, and where it can still be read."""
    gone = "Taken back by a retraction. " if it.taken_back else ""
    why = f"Its reason: {it.reason.rstrip('.')}. " if it.reason else ""
    return f"{why}{gone}It stays readable in the lake, at snapshot {it.snapshot}."


def publication_data(it: Publication) -> Data:
    """A publication for JSON: versions newest first, the one in force at their head."""
    return {
        "standing": standing(it.newest.publisher if it.newest else ""),
        "retracted": it.retracted,
        "taken_over": it.taken_over,
        "published_on": it.published_on,
        **asdict(it),
    }


def publication_lines(profile: Profile, verbose: bool) -> list[str]:
    """The publications of a force; nothing where there is none."""
    if not profile.publications:
        return []
    lines = [HEADING, *said(NOT_THEIRS, 2)]
    for it in profile.publications:
        lines += _lines(it, verbose)
    return [*lines, ""]


def _lines(it: Publication, verbose: bool) -> list[str]:
    lines = [*said(subject_of(it), 2), *said(headline(it), 4)]
    if it.taken_over:
        lines += said(TOLD_ELSEWHERE, 4)
    if it.newest and verbose:
        lines += said(pinned(it.newest), 4)
    for graded in it.newest.judgments if it.newest else ():
        notes = f" ({grade_notes(graded)})" if grade_notes(graded) else ""
        lines += row(graded.name, f"{graded.label}{notes}", 4, 40)
        lines += said(graded.reasons, 40) if verbose else []
    if it.findings:
        tally = Counter((f.kind, verified_words(f) if asks(f) else "") for f in it.findings)
        told = [
            f"{n} {kind_name(kind, n)}" + (f", {state}" if state else "")
            for (kind, state), n in tally.items()
        ]
        lines += said(f"Findings, as of {day(it.as_of)}: {'; '.join(told)}", 4, 6)
    for found in it.findings if verbose else ():
        lines += said(f"{capital(kind_name(found.kind))}: {found.text}", 6, 8)
        if asks(found):
            due = f"; due {day(found.due_on)}" if found.due_on else ""
            lines += said(
                f"verified: {verified_words(found)}; claimed by the force: {claimed_words(found)}"
                + due,
                8,
            )
    for one in it.statements:
        lines += said(f'{said_by(one)}: "{one.text}"' if verbose else said_by(one), 4, 6)
    if it.response:
        lines += _response(it, verbose)
    if len(it.versions) > 1:
        lines += [line for v in it.versions[1:] for line in _former(v, verbose)]
    return lines


def _response(it: Publication, verbose: bool) -> list[str]:
    assert it.response is not None
    response = it.response
    lines = said(
        f"Response of the local policing body, {day(response.published_on)} (due by "
        f"{day(response.last_day)})" + ("" if verbose else ": -v"),
        4,
        6,
    )
    if verbose:
        lines += said(f'"{response.comments}"', 6)
        if response.chief_officer:
            lines += said(f'The chief officer: "{response.chief_officer}"', 6)
        for answer in response.answers:
            accepted = "accepted" if answer.accepted else "not accepted"
            lines += said(f"{answer.recommendation} - {accepted}: {answer.text}", 6, 8)
    return lines


def _former(it: Version, verbose: bool) -> list[str]:
    lines = ends(f"    Before: {version_words(it)}", "")
    if verbose:
        lines += said(history_words(it), 6)
        for graded in it.judgments:
            lines += row(graded.name, graded.label, 6, 40)
    return lines
