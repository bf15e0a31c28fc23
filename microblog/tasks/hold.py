"""
New work held back, before maintenance: what runs goes on to its end, rows wait.

A file in the data folder, which all processes see at once. Mails with links go on: people wait for those.
"""

from contextlib import suppress
from datetime import datetime

from microblog.base.files import changed_at
from microblog.security import security_log
from microblog.tasks.queue import huey


def begin(by: str) -> None:
    """Hold new work until ``end``; *by* is who does it."""
    if since() is None:
        path = huey.hold_file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        security_log.record("work-held", by=by)


def end(by: str) -> None:
    """Go on; a worker hears of what waits within ten seconds."""
    if since() is not None:
        huey.hold_file.unlink(missing_ok=True)
        security_log.record("work-resumed", by=by)


def since() -> datetime | None:
    """Since when new work is held; None if it is not."""
    with suppress(FileNotFoundError):
        return changed_at(huey.hold_file)
    return None
