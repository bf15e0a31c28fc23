"""One mail of each kind, as its template renders it, for tests of its text and looks."""

from datetime import timedelta
from types import SimpleNamespace

from microblog.base import clock
from microblog.base.i18n.site_languages import in_language
from microblog.mail.account_notices import NOTICES
from microblog.mail.templates import compose

LONG_NAME = "a_name_as_long_as_a_name_can_be_"
REPORT = f'Traceback:\n  File "{"/a/long/path" * 8}", line 42\nValueError: <b>not bold</b>'


def written(app, language):
    """Pairs of a kind and its message in *language*."""
    user = SimpleNamespace(username=LONG_NAME)
    task = SimpleNamespace(
        id="0c5ade7e-2106-498e-82d1-b42b8e0fcce9", file_expires_at=clock.now() + timedelta(days=7)
    )
    values = {
        "reset_password": {"user": user, "token": "x" * 43},
        "change_email": {"user": user, "token": "x" * 43},
        "account_exists": {"user": user},
        "email_changed": {"user": user, "at": clock.now(), "browser": "Mozilla Firefox/128.0 Linux"},
        "email_changed, before the upgrade": {"user": user, "at": clock.now(), "browser": None, "by": None},
        "export_posts": {"user": user, "task": task, "attached": True},
        "export_posts, linked": {"user": user, "task": task, "attached": False},
        "error": {"report": REPORT},
        "test": {},
    }
    for event, notice in NOTICES.items():
        values |= {
            f"account_notice, {event}": {
                "user": user,
                "at": clock.now(),
                "what": notice.text,
                "by": "operator",
            }
        }
    with app.test_request_context(), in_language(language):
        for kind, its_values in values.items():
            template = kind.partition(",")[0]
            yield kind, compose(template, "Subject", "susan@example.org", "id", clock.now(), **its_values)
