"""All error pages: in the site's layout, with a way back, and with the text that the person had typed."""

import logging
import math

from flask import current_app, g, jsonify, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from peewee import IntegrityError, OperationalError
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import Conflict, Forbidden, HTTPException, ServiceUnavailable

from microblog.base import error_codes
from microblog.exports import TooManyExports
from microblog.imports.requests import NotNow, TooManyImports
from microblog.models.exceptions import CredentialsChanged
from microblog.tasks.exceptions import NothingToRetry, UnknownJob
from microblog.web import caching, problem, rate_limits, site
from microblog.web.auth import login_manager
from microblog.web.formats import size

RETRY_AFTER_S = 5
# Fields worth keeping: texts, and what is tedious to type again. Never passwords.
TEXTS = ("post", "message", "about_me", "about")
TYPED = (*TEXTS, "username", "email", "name", "site_name", "sentence")
NOT_SENT_AGAIN = {"csrf_token", "password", "password2", "current_password", "code"}
WORDS = {
    400: (
        _l("That did not work"),
        _l("The site did not understand that. Go back, reload the page and try again."),
    ),
    401: (_l("Sign in first"), _l("You are not signed in, or not any more. Sign in and try again.")),
    403: (_l("Not allowed"), _l("You may not do that. If you think you should, ask the administrator.")),
    404: (_l("Nothing here"), _l("There is no such page. It may have been deleted, or the link is wrong.")),
    405: (
        _l("That did not work"),
        _l("This address does not take that kind of request. Go back and use the page's buttons."),
    ),
    409: (
        _l("Too late, or too early"),
        _l("That cannot be done any more, or not yet. Go back and reload the page."),
    ),
    413: (_l("Too large"), _l("That was more than this site takes at once. Make it smaller and try again.")),
    429: (_l("That was too often"), _l("Wait a moment, then try again.")),
    500: (
        _l("Something broke"),
        _l(
            "It is our fault, not yours, and is noted. Try again; if it breaks again, tell the administrator."
        ),
    ),
    503: (_l("The server is busy"), _l("Nothing was saved. Try again in a moment.")),
}

log = logging.getLogger(__name__)


def init_app(app):
    app.register_error_handler(HTTPException, show)
    app.register_error_handler(OperationalError, show_busy)
    app.register_error_handler(MaxConnectionsExceeded, show_busy)
    app.register_error_handler(IntegrityError, show_overtaken)
    for refusal in (CredentialsChanged, NotNow, NothingToRetry, UnknownJob):
        app.register_error_handler(refusal, lambda _error: show(Conflict()))
    app.register_error_handler(TooManyExports, show_limit_of_exports)
    app.register_error_handler(TooManyImports, show_limit_of_imports)
    login_manager.unauthorized_handler(ask_to_sign_in)


def show(error):
    """The page of an HTTP error; its headers, such as ``Allow``, stay."""
    response = error.get_response()
    title, text = WORDS.get(error.code, WORDS[500 if error.code >= 500 else 400])
    if problem.is_asked_for():
        text = problem.words(error.code)
    elif error.code == 413 and request.file_folder:
        text = gettext("A file may have %(size)s at most.", size=size(current_app.config["IMPORT_MAX_BYTES"]))
    if error.code == 429 and error.retry_after:
        text = _wait(error.retry_after)
    if error.code >= 500:
        _forget_unknown_user()
    response.data, response.content_type = _drawn(error.code, title, text)
    return response


def show_limit_of_exports(error):
    """Wherever an export is asked for, no caller has to know of the limit."""
    return show(rate_limits.refusal("export", error.retry_after_s))


def show_limit_of_imports(error):
    return show(rate_limits.refusal("import", error.retry_after_s))


def show_busy(error):
    """A database that does not answer is an outage, not a bug: 503, and try again."""
    if error_codes.is_mistake(error):
        raise error
    log.error("%s %s: the database did not answer: %s", request.method, request.endpoint, error)
    return show(ServiceUnavailable(retry_after=RETRY_AFTER_S))


def show_overtaken(error):
    """409: what a new row refers to, such as a message's recipient, was deleted at that very moment."""
    # The one constraint for which SQLite gives no name of ours, only this keyword of the schema.
    if "FOREIGN KEY" not in str(error):
        raise error
    log.warning("%s %s: %s", request.method, request.endpoint, error)
    return show(Conflict())


def ask_to_sign_in():
    """Redirect to the sign-in page and back; if a text was typed, show it instead, or it would be lost."""
    if _typed(TEXTS):
        return _page(401, *WORDS[401]), 401
    asked = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("sign_in.login", next=asked))


def ask_for_second_factor():
    """Redirect to where it is set up; if a text was typed, show it instead, or it would be lost."""
    if request.method in ("GET", "HEAD") and not _wants_json():
        return redirect(url_for("second_factor.show"))
    response = Forbidden().get_response()
    text = gettext("This site asks you for a second factor. Set it up now; then everything else works.")
    response.data, response.content_type = _drawn(403, gettext("Second factor"), text)
    return response


def _drawn(code, title, text):
    """Body and media type of the response, in the format that the client accepts."""
    if problem.is_asked_for():
        return problem.text(code, text), problem.MEDIA_TYPE
    if _wants_json():
        return jsonify(error=str(text)).data, "application/json"
    if request_ctx.url_adapter is None or caching.for_everybody():
        # No links can be built for a host that is not ours, and a page in the layout would be for one reader.
        return str(text), "text/plain; charset=utf-8"
    return _page(code, title, text), "text/html; charset=utf-8"


def _page(code, title, text):
    return render_template(
        "errors/error.html",
        code=code,
        title=title,
        text=text,
        site=site.last_known() if code >= 500 else site.current(),
        typed=_typed(TYPED),
        texts=TEXTS,
        fields=_fields() if code == 429 else None,
        bare=code >= 500,
    )


def _typed(names):
    try:
        return [request.form[name] for name in names if request.form.get(name)]
    except HTTPException:
        # The form itself was the error: too large, or broken.
        return []


def _fields():
    """The submitted fields that may be sent again, without secrets; None if the request was no POST."""
    if request.method != "POST":
        return None
    return {name: text for name, text in request.form.items() if name not in NOT_SENT_AGAIN}


def _wait(seconds):
    if seconds < 100:
        return ngettext("Try again in %(num)d second.", "Try again in %(num)d seconds.", seconds)
    return gettext("Try again in %(minutes)d minutes.", minutes=math.ceil(seconds / 60))


def _wants_json():
    accepted = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path == "/notifications" or accepted == "application/json"


def _forget_unknown_user():
    """Treat a user not loaded yet as anonymous: asking the database again would fail again."""
    if "_login_user" not in g:
        g._login_user = login_manager.anonymous_user()
