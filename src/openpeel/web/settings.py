"""Django's settings. What differs from place to place comes from the environment."""

import os

from openpeel.web import places

SECRET_KEY = places.secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("OPENPEEL_HOSTS", "localhost 127.0.0.1 [::1]").split()
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "openpeel.records.apps.RecordsConfig",
]
DATABASES = {"default": places.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
