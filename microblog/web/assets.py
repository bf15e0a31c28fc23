"""Static files under ``/static/<version>/``: cached for a year; a new version has a new URL."""

import hashlib
from pathlib import Path

from flask import send_from_directory

YEAR_S = 365 * 24 * 3600


def init_app(app):
    folder = Path(app.root_path) / "static"
    current = version(folder)

    def static(version, filename):
        response = send_from_directory(folder, filename, max_age=YEAR_S if version == current else 0)
        response.cache_control.immutable = version == current
        return response

    app.add_url_rule("/static/<version>/<path:filename>", endpoint="static", view_func=static)

    @app.url_defaults
    def add_version(endpoint, values):
        if endpoint == "static":
            values.setdefault("version", current)


def version(folder, pattern="*"):
    """A text that is another one when any file in *folder* that matches *pattern* changes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob(pattern) if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]
