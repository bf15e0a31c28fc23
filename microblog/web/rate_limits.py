"""
Rate limits, and what happens to requests beyond them.

A request is counted before it is answered, by all web processes together, so that a burst passes no more than
the limit allows; what turns out not to count is given back with the response. Every change has the common
limit ``changing``, wherever its route comes from; views apply further ones as decorators, innermost.
"""

import hashlib
import math
from contextlib import suppress
from functools import wraps
from ipaddress import ip_network

from flask import current_app, g, request
from werkzeug.exceptions import TooManyRequests

from microblog.base.text import clean
from microblog.models import User
from microblog.security import security_log, sliding_windows
from microblog.security.sliding_windows import Exceeded, Rate
from microblog.web import cookies
from microblog.web.auth import reader
from microblog.web.csrf import SAFE
from microblog.web.proxies import address_of

ONE_LINE = [Rate(1, 60)]


def init_app(app):
    app.before_request(limit_changes_of_pages)
    app.after_request(give_back)


def address():
    """The key by which requests share a limit: an IPv4 address, or the /64 network of one IPv6 customer."""
    origin = address_of(request.remote_addr or "")
    if origin is None:
        return "unknown"
    return str(origin) if origin.version == 4 else str(ip_network((origin, 64), strict=False))


def person():
    """The signed-in user, else the address."""
    user = reader()
    return f"user {user.id}" if user else address()


def account():
    """The account that somebody tries to sign in to, existing or not, as a hash of fixed length."""
    return hashlib.sha256(_name().casefold().encode(errors="replace")).hexdigest()


def refusal(name, wait_s):
    """The answer to a request beyond the limit *name*, to be raised; it is logged."""
    # A flood must not fill the log as well: at most one line a minute.
    with suppress(Exceeded):
        sliding_windows.hit(f"limit-hit {name} {person()}", ONE_LINE)
        security_log.record("limit-hit", reader(), limit=name)
    return TooManyRequests(retry_after=max(1, math.ceil(wait_s)))


def _name():
    """The username that the request tries to sign in with, as it is looked up; others are ignored."""
    if request.blueprint == "api":
        given = request.authorization
        return clean(given.username or "") if given and given.type == "basic" else ""
    return clean(request.form.get("username", ""))


def device():
    """The browser that is known to the account that somebody tries to sign in to, by its device cookie."""
    return cookies.device_of(User.named(_name()))


def _failed(response):
    return response.status_code in (401, 422)


def _done(response):
    return response.status_code < 400


def _whose_code():
    """Whose second factor somebody tries to show, after the right password."""
    return f"user {g.guessed.id}"


class Limit:
    """
    At most as many requests as *rates*, in the words of ``sliding_windows.rates``; decorates a view.

    A request counts for ``key_func()``. It is given back unless ``deduct_when(response)``. Other *methods*
    are not limited; None stands for all of them.
    """

    def __init__(self, name, rates, methods=("POST",), key_func=person, deduct_when=None):
        self.name, self.rates, self.methods = name, sliding_windows.rates(rates), methods
        self.key_func, self.deduct_when = key_func, deduct_when

    def __call__(self, view):
        @wraps(view)
        def limited(*args, **kwargs):
            if self.methods is None or request.method in self.methods:
                self.count()
            return view(*args, **kwargs)

        return limited

    def count(self, key=None):
        """
        Count the request, for *key* if it is given.

        Raises:
            TooManyRequests: it is one too many.
        """
        if not current_app.config["RATE_LIMITS"]:
            return
        try:
            number = sliding_windows.hit(f"{self.name} {key or self.key_func()}", self.rates)
        except Exceeded as error:
            raise refusal(self.name, error.wait_s) from error
        if self.deduct_when:
            g.setdefault("hits", []).append((number, self.deduct_when))


def limit_changes_of_pages():
    """Under ``/api`` it is known later who asks."""
    if request.blueprint != "api":
        limit_changes()


def limit_changes():
    if request.endpoint and request.method not in SAFE:
        changing.count()


def give_back(response):
    """Count no longer what *response* shows not to count."""
    for number, deduct_when in g.pop("hits", []):
        if not deduct_when(response):
            sliding_windows.give_back(number)
    return response


changing = Limit("change", "300 per minute")
_by_address = Limit("sign-in", "20 per minute; 200 per hour", key_func=address, deduct_when=_failed)
_by_account = Limit("sign-in-to-account", "5 per minute; 60 per hour", key_func=account, deduct_when=_failed)
_by_device = Limit("sign-in-from-device", "10 per minute", deduct_when=_failed)
# Each success leaves rows, cookies and lines of the log behind.
_succeeding = Limit("signed-in", "30 per minute; 300 per hour", key_func=account, deduct_when=_done)


def sign_in(view):
    """Limit failures by address and by account: guessing is slowed down, and nobody is locked out."""

    @wraps(view)
    def limited(*args, **kwargs):
        if request.method == "POST":
            _by_address.count()
            known = device()
            _by_device.count(known) if known else _by_account.count()
            _succeeding.count()
        return view(*args, **kwargs)

    return limited


confirming_password = Limit("own-password", "10 per minute", deduct_when=_failed)
guessing_code = Limit("code", "5 per minute; 30 per hour", key_func=_whose_code, deduct_when=_failed)
registering = Limit("register", "30 per hour")
asking_for_mail = Limit("mail", "10 per 10 minutes")
posting = Limit("post", "60 per minute; 600 per hour", deduct_when=_done)
messaging = Limit("message", "60 per minute; 300 per hour", deduct_when=_done)
reporting = Limit("report", "20 per hour", deduct_when=_done)
# Each reads up to a gigabyte.
checking_archives = Limit("archive", "10 per 10 minutes")
searching = Limit("search", "60 per minute", methods=["GET"])
exploring = Limit("explore", "300 per minute", methods=["GET"])
# Each takes 16 ms of CPU, as eight pages do. A HEAD is drawn for as well.
drawing = Limit("preview", "60 per minute", methods=None)
programs = Limit("api", "600 per minute", key_func=address, methods=None)
