# ruff: noqa: ANN401 (a WSGI application)
"""Serving the workbench: processes of threads, and no other service beside them."""

from typing import Any

from gunicorn.app.base import BaseApplication

from openpeel.web import places

THREADS = 8


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, set up here and by nothing else: no file, no command line, none of its own
    environment. What processes share stands in the records' database."""

    def __init__(self, host: str, port: int) -> None:
        self._options = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": places.processes(),
            "threads": THREADS,
            "worker_class": "gthread",
            "timeout": 120,
            "proc_name": "openpeel",
            "loglevel": "warning",
            "limit_request_line": 8_190,
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """What it is set to."""
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The application."""
        from openpeel.web.wsgi import application

        return application


def serve(host: str, port: int) -> None:
    """Serve until it is stopped."""
    from django.core.management import call_command
    from django.db import connections

    from openpeel.records.files import forget
    from openpeel.web.files import DAY, IMPORTS

    # Sessions that ended, and sheets that nobody took over, are of no use to anybody.
    call_command("clearsessions")
    forget(places.folder() / IMPORTS, DAY)
    # A connection belongs to one process.
    connections.close_all()
    Server(host, port).run()
