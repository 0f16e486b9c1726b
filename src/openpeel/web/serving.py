# ruff: noqa: ANN401 (a WSGI application)
"""Serving the workbench from one process: threads, and no other service beside it."""

from typing import Any

from gunicorn.app.base import BaseApplication

THREADS = 8


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, set up here and by nothing else: no file, no command line, no environment.

    One worker process, so that failed sign-ins are counted in one place.
    """

    def __init__(self, host: str, port: int) -> None:
        self._options = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": 1,
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
    from django.db import connections

    # A connection belongs to one process.
    connections.close_all()
    Server(host, port).run()
