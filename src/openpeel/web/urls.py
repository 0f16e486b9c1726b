"""Every address of the workbench, and the page that answers there."""

from allauth.account import views as account
from allauth.socialaccount import views as socialaccount
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from openpeel.web import organisation
from openpeel.web.views import (
    actions,
    assessments,
    checks,
    drafts,
    effects,
    errors,
    evidence,
    finding,
    findings,
    following,
    forces,
    grading,
    home,
    importing,
    inspections,
    judgments,
    moderation,
    people,
    publications,
    requests,
    responses,
    signals,
    trail,
)

signing: list[URLPattern | URLResolver] = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("sign-up/", account.signup, name="account_signup"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/none/", errors.not_found, name="account_set_password"),
    path("second-step/", include("allauth.mfa.urls")),
    path("cancelled/", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    # allauth's own pages name these; an administrator adds people, and lets them begin again.
    path("organisation/", errors.not_found, name="socialaccount_connections"),
    path("organisation/sign-up/", errors.not_found, name="socialaccount_signup"),
]
if settings.OIDC_SERVER:
    of = organisation.ID
    at = {"provider_id": of}
    signing += [
        path(f"oidc/{of}/login/", organisation.login, at, name="openid_connect_login"),
        path(
            f"oidc/{of}/login/callback/", organisation.callback, at, name="openid_connect_callback"
        ),
    ]

pages: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("style.css", home.style, name="style"),
    path("accessibility/", home.accessibility, name="accessibility"),
    path("roles/", home.roles, name="roles"),
    path("forces/", forces.listed, name="forces"),
    path("forces/<slug:force_id>/", forces.force, name="force"),
    path("forces/<slug:force_id>/signals/", signals.listed, name="signals"),
    path("forces/<slug:force_id>/signals/<slug:key>/bring/", signals.brought, name="signal-bring"),
    path("forces/<slug:force_id>/paper.<slug:kind>", forces.paper, name="paper"),
    path("forces/<slug:force_id>/phase/", forces.phase, name="phase"),
    path("inspections/plan/", inspections.planned, name="inspection-plan"),
    path("inspections/<int:pk>/", inspections.inspection, name="inspection"),
    path("inspections/<int:pk>/fieldwork/", inspections.fieldwork, name="inspection-fieldwork"),
    path("inspections/<int:pk>/move/<slug:move>/", inspections.moved, name="inspection-move"),
    path("inspections/<int:pk>/evidence/", evidence.added, name="evidence-add"),
    path("inspections/<int:pk>/finding/", drafts.drafted, name="finding-draft"),
    path("inspections/<int:pk>/request/", requests.made, name="request-make"),
    path("inspections/<int:pk>/publish/", publications.published, name="publish"),
    path("inspections/<int:pk>/correct/", publications.corrected, name="correct"),
    path("inspections/<int:pk>/retract/", publications.retracted, name="retract"),
    path("evidence/<int:pk>/", evidence.evidence, name="evidence"),
    path("evidence/<int:pk>/revise/", evidence.revised, name="evidence-revise"),
    path("evidence/<int:pk>/withdraw/", evidence.withdrawn, name="evidence-withdraw"),
    path("revisions/<int:pk>/file-audit/", evidence.file_audit, name="file-audit"),
    path("files/<int:pk>/", evidence.file, name="file"),
    path("judgments/<int:pk>/", judgments.judgment, name="judgment"),
    path("judgments/<int:pk>/grade/", grading.graded, name="judgment-grade"),
    path("judgments/<int:pk>/agree/", grading.agreed, name="judgment-agree"),
    path("judgments/<int:pk>/carry-over/", grading.carried, name="judgment-carry-over"),
    path("judgments/<int:pk>/moderate/", grading.moderated, name="judgment-moderate"),
    path("judgments/<int:pk>/correct/", grading.corrected, name="judgment-correct"),
    path("judgments/<int:pk>/send/", grading.sent, name="judgment-send"),
    path("judgments/<int:pk>/check/", grading.checked, name="judgment-check"),
    path("judgments/<int:pk>/sign-off/", grading.signed_off, name="judgment-sign-off"),
    path("judgments/<int:pk>/reopen/", grading.reopened, name="judgment-reopen"),
    path("points/<int:pk>/decide/", grading.decided, name="point-decide"),
    path("moderation/", moderation.listed, name="moderation"),
    path(
        "moderation/<slug:cycle>/<slug:question>/", moderation.question, name="moderation-question"
    ),
    path("checks/", checks.listed, name="checks"),
    path("checks/<int:pk>/", checks.check, name="check"),
    path("checks/<int:pk>/point/", checks.raised, name="point-raise"),
    path("findings/", findings.listed, name="findings"),
    path("findings.csv", findings.exported, name="findings-csv"),
    path("findings/update/", findings.bulk, name="findings-bulk"),
    path("findings/thematic/", drafts.thematic, name="finding-draft-thematic"),
    path("findings/import/", importing.sent, name="findings-import"),
    path("findings/import/<str:token>/", importing.mapped, name="findings-import-map"),
    path("findings/<int:pk>/", finding.finding, name="finding"),
    path("findings/<int:pk>/claim/<slug:move>/", following.claimed, name="finding-claim"),
    path("findings/<int:pk>/hand-over/", following.handed_over, name="finding-hand-over"),
    path("findings/<int:pk>/verify/<slug:move>/", following.verified, name="finding-verify"),
    path("findings/<int:pk>/revise/", drafts.revised, name="finding-revise"),
    path("findings/<int:pk>/withdraw/", drafts.withdrawn, name="finding-withdraw"),
    path("findings/<int:pk>/publish/", drafts.published, name="finding-publish"),
    path("findings/<int:pk>/action/", actions.added, name="action-add"),
    path("findings/<int:pk>/held/", effects.check_planned, name="finding-check-plan"),
    path("held/<int:pk>/", effects.check, name="effect-check"),
    path("held/<int:pk>/record/", effects.check_recorded, name="effect-check-record"),
    path("actions/<int:pk>/", actions.updated, name="action"),
    path("publications/<int:pk>/", publications.publication, name="publication"),
    path("publications/<int:pk>/reply/", publications.replied, name="reply"),
    path("responses/", responses.listed, name="responses"),
    path("responses/<int:pk>/", responses.response, name="response"),
    path("responses/<int:pk>/comments/", responses.drafted, name="response-draft"),
    path("responses/<int:pk>/answers/<int:finding>/", responses.answered, name="answer"),
    path("responses/<int:pk>/publish/", responses.published, name="response-publish"),
    path("requests/", requests.listed, name="requests"),
    path("requests/<int:pk>/", requests.one, name="request"),
    path("requests/<int:pk>/file/", requests.file, name="request-file"),
    path("requests/<int:pk>/<slug:move>/", requests.moved, name="request-move"),
    path("assessments/", assessments.listed, name="assessments"),
    path("assessments/write/<slug:cycle>/", assessments.written, name="assessment-write"),
    path("assessments/<int:pk>/", assessments.one, name="assessment"),
    path("assessments/<int:pk>/change/", assessments.changed, name="assessment-change"),
    path("assessments/<int:pk>/submit/", assessments.submitted, name="assessment-submit"),
    path("people/", people.listed, name="people"),
    path("people/add/", people.added, name="person-add"),
    path("people/<int:user>/", people.person, name="person"),
    path("people/<int:user>/role/", people.given, name="role-give"),
    path("people/<int:user>/bar/", people.barred, name="person-bar"),
    path("people/<int:user>/let-in/", people.let_in, name="person-let-in"),
    path("people/<int:user>/begin/", people.begun_again, name="person-begin"),
    path("roles/<int:pk>/end/", people.ended, name="role-end"),
    path("trail/", trail.listed, name="trail"),
    path("account/", include(signing)),
]
urlpatterns = [path("workbench/", include(pages))]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
