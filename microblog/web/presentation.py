"""What every template can use: filters, and the reader's unread messages, news and tasks."""

import secrets
from functools import cached_property
from urllib.parse import urlencode

from flask import current_app, request
from flask_babel import get_locale
from flask_login import current_user

from microblog import exports
from microblog.base import slices
from microblog.base.i18n.languages import own_name
from microblog.base.identicon import identicon
from microblog.base.rendered_text import excerpt, linkify, plain
from microblog.base.text import beginning
from microblog.exports import deletion
from microblog.mail.templates import may_be_mailed
from microblog.models import Report
from microblog.models.news import unread_and_cursor
from microblog.tasks import hold
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.web import dates, formats
from microblog.web.event_sentences import sentence
from microblog.web.people import name_list, person_link
from microblog.web.post_text import linked
from microblog.web.qr_code import qr_code
from microblog.web.reader_preferences import preference
from microblog.web.seen_posts import is_new

CARDS = 5


def init_app(app):
    filters = (
        *dates.FILTERS,
        *formats.FILTERS,
        own_name,
        identicon,
        linkify,
        excerpt,
        plain,
        beginning,
        name_list,
        person_link,
        qr_code,
        linked,
        sentence,
    )
    for show in filters:
        app.add_template_filter(show)
    for draw in (language, page_url, new_once, site_address, preference, may_be_mailed, reports_waiting):
        app.add_template_global(draw)
    app.add_template_test(is_new, "new_in")
    app.add_template_test(exports.is_export, "export")
    app.add_template_test(deletion.is_deletion, "deletion")
    app.add_template_test(deletion.can_be_undone, "undoable")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"news": News(), "current_path": current_path()})


class News:
    """The user's messages, news and tasks, as a page shows them; nothing is queried until a page does."""

    @classmethod
    def read(cls):
        """
        News of now, for a page that shows more of the tasks than their cards: to be read before that.

        A task that ends in between is shown as unfinished then, and the script draws the page again; the
        other way round the page would stay as it was before the end.
        """
        news = cls()
        _ = news.tasks
        return news

    @property
    def unread(self):
        """How many messages are unread."""
        return self._seen[0]

    @property
    def unread_news(self):
        """How many lines of the page *News* are unread."""
        return self._seen[1]

    @property
    def unread_all(self):
        """The number in the title: what both badges say."""
        return self.unread + self.unread_news

    @property
    def cursor(self):
        """The id of the newest notification that all of this already reflects."""
        return self._seen[2]

    @property
    def tasks(self):
        return self._seen[3]

    @cached_property
    def under_way(self):
        return any(not task.complete for task in self.tasks)

    @cached_property
    def exporting(self):
        return any(exports.is_export(task) and not task.complete for task in self.tasks)

    @property
    def queue_is_down(self):
        """Whether the queue takes no messages."""
        return not huey.takes_messages

    @cached_property
    def work_is_held(self):
        return hold.since() is not None

    @cached_property
    def worker_alive(self):
        return bool(huey.lock.living())

    @cached_property
    def _seen(self):
        # The cursor first: what changes between the two queries is reported by the next poll, not lost.
        counted = unread_and_cursor(current_user)
        return *counted, list(slices.newest(Task.shown(current_user), None, None, CARDS))


def language():
    """The tag of the page's language; known already when a template is compiled for it."""
    return str(get_locale())


def current_path():
    """Path and query of the current page, to come back to; empty if it cannot be requested again."""
    return (
        request.full_path.rstrip("?") if request.method == "GET" and request.endpoint != "tasks.card" else ""
    )


def new_once():
    """A token for one form; a secret is not needed, only that no other form of the user has it."""
    return secrets.token_hex(8)


def site_address():
    """The site's URL without a trailing slash: ``BASE_URL``, else as the request says."""
    return current_app.config["BASE_URL"] or request.url_root.rstrip("/")


def reports_waiting():
    """How many reported posts wait for the administrator who reads the page."""
    return Report.count_for(current_user)


def page_url(**cursor):
    """The query string of this page at *cursor*; its other parameters stay."""
    kept = {name: value for name, value in request.args.items() if name not in ("before", "after")}
    return f"?{urlencode({**kept, **cursor})}"
