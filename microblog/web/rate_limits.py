"""
Rate limits, and what happens to requests beyond them.

Counted in the memory of each web process: this depends on nothing that could be down, but with several
processes each of them allows the full limit. Views apply their limits as decorators, innermost.
"""

import hashlib
import math
import time
from ipaddress import ip_network

from flask import request
from flask_limiter import Limiter
from limits import RateLimitItemPerMinute
from werkzeug.exceptions import TooManyRequests

from microblog.base.text import clean
from microblog.security import security_log
from microblog.web import cookies
from microblog.web.auth import reader
from microblog.web.proxies import address_of

ONE_LINE = RateLimitItemPerMinute(1)


def init_app(app):
    app.config["RATELIMIT_ENABLED"] = app.config["RATE_LIMITS"]
    limiter.init_app(app)


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


def _refuse_breach(breach):
    raise refusal(breach.request_args[-1], breach.reset_at - time.time())


def refusal(name, wait_s):
    """The answer to a request beyond the limit *name*, to be raised; it is logged."""
    # A flood must not fill the log as well: at most one line a minute.
    if limiter.limiter.hit(ONE_LINE, person(), name):
        security_log.record("limit-hit", reader(), limit=name)
    return TooManyRequests(retry_after=max(1, math.ceil(wait_s)))


def _name():
    """The username that the request tries to sign in with, as it is looked up; others are ignored."""
    if request.blueprint == "api":
        given = request.authorization
        return clean(given.username or "") if given and given.type == "basic" else ""
    return clean(request.form.get("username", ""))


def _is_known():
    return cookies.knows_account(_name())


def _failed(response):
    return response.status_code in (401, 422)


def _done(response):
    return response.status_code < 400


limiter = Limiter(person, strategy="moving-window", storage_uri="memory://", on_breach=_refuse_breach)


def _limit(name, rates, **options):
    return limiter.shared_limit(rates, name, **{"methods": ["POST"], **options})


_by_address = _limit("sign-in", "20 per minute; 200 per hour", key_func=address, deduct_when=_failed)
_by_account = _limit(
    "sign-in-to-account",
    "5 per minute; 60 per hour",
    key_func=account,
    deduct_when=_failed,
    exempt_when=_is_known,
)


def sign_in(view):
    """Limit failures by address and by account: guessing is slowed down, and nobody is locked out."""
    return _by_address(_by_account(view))


confirming_password = _limit("own-password", "10 per minute", deduct_when=_failed)
registering = _limit("register", "30 per hour")
asking_for_mail = _limit("mail", "10 per 10 minutes")
posting = _limit("post", "60 per minute; 600 per hour", deduct_when=_done)
messaging = _limit("message", "60 per minute; 300 per hour", deduct_when=_done)
searching = _limit("search", "60 per minute", methods=["GET"])
programs = _limit("api", "600 per minute", key_func=address, methods=None)
