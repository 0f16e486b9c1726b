"""The Django app of the workbench."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The workbench: pages over the records."""

    name = "openpeel.web"
    label = "web"

    def ready(self) -> None:
        """Have signing in and out told to the trail."""
        from openpeel.web import signing

        signing.listen()
