"""The Django app."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Inspections, evidence, judgments, findings, and the trail of what was done."""

    name = "openpeel.records"
    label = "records"
    verbose_name = "Records"
    default_auto_field = "django.db.models.BigAutoField"
