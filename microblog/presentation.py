"""How things are shown: the reader's language, time zone and wishes; times, sizes, numbers, task cards."""

from datetime import timedelta
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale, dates
from babel.units import format_unit
from flask import current_app, request
from flask_babel import (
    format_decimal,
    get_babel,
    get_locale,
    get_timezone,
    gettext,
    ngettext,
)
from flask_login import current_user

from microblog import clock
from microblog.identicon import identicon
from microblog.models import Message, Task
from microblog.queue import huey
from microblog.text import beginning, linkify

# What a browser keeps of its reader's wishes, in cookies; the first of each holds until something is chosen.
PREFERENCES = {"theme": ("system", "light", "dark"), "keys": ("on", "off")}
CARDS = 5
STUCK_AFTER = timedelta(minutes=1)
UNITS = (("digital-megabyte", 10**6), ("digital-kilobyte", 10**3))


def init_app(app):
    with app.app_context():
        # Dates in a language that the texts do not speak would only confuse.
        spoken = {str(locale) for locale in get_babel().instance.list_translations()}
    app.config["SPOKEN"] = [tag for tag in app.config["LANGUAGES"] if tag in spoken] or ["en"]
    for show in (
        by_day,
        day_heading,
        day,
        whole_day,
        moment,
        clock_time,
        when,
        iso,
        number,
        size,
        time_left,
        stuck,
        stored_text,
        browser_name,
        own_name,
    ):
        app.add_template_filter(show)
    app.add_template_filter(linkify)
    app.add_template_filter(beginning)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_global(identicon)
    app.add_template_global(turned)
    app.add_template_global(site_address)
    app.add_template_global(preference)
    app.context_processor(lambda: {"news": News(), "here": here(), "locale": get_locale})


class News:
    """What a page shows of the user's messages and tasks; nothing is asked before a page does."""

    @property
    def unread(self):
        """How many messages are unread."""
        return self._seen[0]

    @property
    def cursor(self):
        """The id of the newest notification that ``unread`` and ``tasks`` take into account."""
        return self._seen[1]

    @property
    def tasks(self):
        return self._seen[2]

    @cached_property
    def under_way(self):
        return any(not task.complete for task in self.tasks)

    @cached_property
    def exporting(self):
        return any(task.name == "export_posts" and not task.complete for task in self.tasks)

    @property
    def queue_is_down(self):
        """Whether this process could not ring when it tried last."""
        return huey.outage.lasts

    @cached_property
    def worker_alive(self):
        return bool(huey.worker.living())

    @cached_property
    def _seen(self):
        # The cursor first: what changes between the two is told by the next poll, not lost.
        unread, cursor = Message.news(current_user)
        return unread, cursor, list(Task.shown(current_user).limit(CARDS))


def locale():
    """The language of the page: the user's choice, then the browser's, among those that are translated."""
    spoken = current_app.config["SPOKEN"]
    chosen = [getattr(current_user, "language", None), request.cookies.get("language")]
    # The first part of each tag: Werkzeug's own best_match would give English for "es-MX, en;q=0.5".
    accepted = [tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality]
    return next((tag for tag in [*chosen, *accepted] if tag in spoken), spoken[0])


def own_name(tag):
    """What its speakers call the language of *tag*."""
    return Locale.parse(tag).get_display_name()


def time_zone():
    """The reader's time zone, as the script on the page found it; UTC before."""
    name = request.cookies.get("tz", "UTC")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # No such zone; a path out of the folder; one of its sub-folders, which are no zones.
        return ZoneInfo("UTC")


def preference(name):
    """What the reader chose for *name*, one of PREFERENCES."""
    chosen = request.cookies.get(name)
    return chosen if chosen in PREFERENCES[name] else PREFERENCES[name][0]


def here():
    """The page that the reader is on, to come back to; nothing where it cannot be asked for again."""
    return (
        request.full_path.rstrip("?") if request.method == "GET" and request.endpoint != "tasks.card" else ""
    )


def site_address():
    """Where people reach this site, without a slash at the end: ``BASE_URL``, else as the request says."""
    return current_app.config["BASE_URL"] or request.url_root.rstrip("/")


def turned(**cursor):
    """The address of this page turned to *cursor*; what else it was asked for stays."""
    kept = {name: value for name, value in request.args.items() if name not in ("before", "after")}
    return f"?{urlencode({**kept, **cursor})}"


def by_day(posts):
    """Pairs of a local date and the posts of that day, in the order they came."""
    return [(date, list(some)) for date, some in groupby(posts, lambda post: _local(post.timestamp).date())]


def day_heading(date):
    """``Today``, ``Yesterday``, else the date with its weekday."""
    today = _local(clock.now()).date()
    if date == today:
        return gettext("Today")
    if date == today - timedelta(days=1):
        return gettext("Yesterday")
    return dates.format_skeleton("MMMEd" if date.year == today.year else "yMMMEd", date, locale=get_locale())


def day(moment):
    """``November 29``."""
    return dates.format_skeleton("MMMMd", _local(moment), locale=get_locale())


def whole_day(moment):
    """``November 29, 2026``."""
    return dates.format_date(_local(moment), "long", locale=get_locale())


def clock_time(moment):
    """``14:31``."""
    return f"{_local(moment):%H:%M}"


def when(moment):
    """``Today, 14:31``."""
    return f"{day_heading(_local(moment).date())}, {clock_time(moment)}"


def moment(moment):
    """The whole date and time with its zone, for those who want to know exactly."""
    return dates.format_datetime(_local(moment), "full", locale=get_locale(), tzinfo=get_timezone())


def iso(moment):
    """For programs: ``2026-11-22T14:31:00Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def number(value):
    """``5,214``."""
    return format_decimal(value)


def size(size_bytes):
    """``1.3 MB``."""
    for unit, unit_bytes in UNITS:
        if size_bytes >= unit_bytes:
            return format_unit(round(size_bytes / unit_bytes, 1), unit, "short", locale=get_locale())
    return format_unit(size_bytes, "digital-byte", "long", locale=get_locale())


def time_left(left):
    """``about 20 s left``, rounded up; the script's ``phrase`` in task.js says the same."""
    seconds = max(5, -(-left.total_seconds() // 5) * 5)
    if seconds <= 60:
        return gettext("about %(seconds)d s left", seconds=seconds)
    return ngettext("about %(num)d min left", "about %(num)d min left", int(-(-seconds // 60)))


def stuck(task):
    """Whether a running task has not come forward for a minute."""
    if task.advanced_at is None:
        return False
    return clock.now() - max(task.advanced_at, task.started_at or task.advanced_at) > STUCK_AFTER


def stored_text(text):
    """A text that was stored in English, in the reader's language; it is never taken for markup."""
    return gettext(text) if text else ""


# Looked for in this order: most browsers also claim to be those that come after them.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}


def browser_name(user_agent):
    """``Firefox, Linux``, by what the browser says of itself; programs are named by their first word."""
    names = [
        next((name for mark, name in marks.items() if mark in user_agent), None)
        for marks in (BROWSERS, SYSTEMS)
    ]
    return (
        ", ".join(filter(None, names)) or user_agent.split("/")[0][:40].strip() or gettext("Unknown browser")
    )


def _local(moment):
    return moment.astimezone(get_timezone())
