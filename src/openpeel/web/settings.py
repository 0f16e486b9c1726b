"""Django's settings. What differs from place to place comes from the environment."""

import os

from openpeel.records.files import LARGEST
from openpeel.web import places

SECRET_KEY = places.secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("OPENPEEL_HOSTS", "localhost 127.0.0.1 [::1]").split()
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
    "openpeel.records.apps.RecordsConfig",
    "openpeel.web.apps.WebConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "openpeel.web.protecting.protected",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "openpeel.web.urls"
WSGI_APPLICATION = "openpeel.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before allauth's own, which these replace.
        "DIRS": [os.path.join(os.path.dirname(__file__), "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openpeel.web.pages.around",
            ]
        },
    }
]
FORM_RENDERER = "openpeel.web.asking.Renderer"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATABASES = {"default": places.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Failed sign-ins are counted where every process counts on, and a new start forgets none.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": places.COUNTS,
        # Names that were made up must not push out those that are locked.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
STATIC_URL = "/workbench/static/"
# From where the packages lie: nothing is collected or copied.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# What is published from here goes to this lake, in this name.
OPENPEEL_LAKE = os.environ.get("OPENPEEL_LAKE", "lake")
OPENPEEL_PUBLISHER = os.environ.get("OPENPEEL_PUBLISHER", "demo")

# Reminders go out by this mail server, from this address, with links to this one of the workbench.
OPENPEEL_SMTP = os.environ.get("OPENPEEL_SMTP", "")
OPENPEEL_MAIL_FROM = os.environ.get("OPENPEEL_MAIL_FROM", "")
OPENPEEL_ADDRESS = os.environ.get("OPENPEEL_ADDRESS", "")

# Cookies go over HTTPS alone, but where every host is this machine.
_LOCAL = all(host.strip("[]") in ("localhost", "127.0.0.1", "::1") for host in ALLOWED_HOSTS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not _LOCAL
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/workbench/"
SESSION_ENGINE = "openpeel.web.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 0 if _LOCAL else 365 * 24 * 60 * 60
SECURE_SSL_REDIRECT = not _LOCAL
# What anybody can send is believed only where it is said, with 1, that a proxy takes it out.
_PROXY = os.environ.get("OPENPEEL_BEHIND_PROXY") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(_PROXY)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "openpeel.web.views.errors.no_token"
CSRF_TRUSTED_ORIGINS = (
    []
    if _LOCAL
    else [f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS]
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
LARGEST_REQUEST = LARGEST + 2**20

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "openpeel.web.signing.People"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Five wrong passwords for a name, or twenty from an address, lock it for five minutes.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,5/5m/key", "login": "60/m/ip"}
# A second step, a code or a passkey, unless the identity provider of an organisation has taken it.
SECOND_STEP_REQUIRED = os.environ.get("OPENPEEL_SECOND_STEP", "required") != "optional"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "openpeel.web.second_step.SecondStep"
MFA_FORMS = {
    "add_webauthn": "openpeel.web.second_step.AddPasskey",
    "authenticate": "openpeel.web.second_step.WithCode",
    "authenticate_webauthn": "openpeel.web.second_step.WithPasskey",
    "login_webauthn": "openpeel.web.second_step.ByPasskey",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "openpeel"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _LOCAL

# An organisation's own sign-in; off unless its address is given.
OIDC_SERVER = places.oidc_server()
OIDC_TRUSTED = places.oidc_trusted()
SOCIALACCOUNT_ADAPTER = "openpeel.web.signing.OtherPeople"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "openpeel.web.organisation.Organisation",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "organisation",
                "name": os.environ.get("OPENPEEL_OIDC_NAME", "your organisation"),
                "client_id": os.environ.get("OPENPEEL_OIDC_CLIENT", ""),
                "secret": os.environ.get("OPENPEEL_OIDC_SECRET", ""),
                "settings": {"server_url": OIDC_SERVER},
            }
        ]
        if OIDC_SERVER
        else [],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A page that is not there, or not for somebody, is told to the trail where it matters.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "ERROR"}},
}
