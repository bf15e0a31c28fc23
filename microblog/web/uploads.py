"""
Files that people send: who may, how large they may be, and where their bytes go.

All of that is decided before any form is parsed, the token against forged forms included. The bytes go into
the data folder, and what nobody has taken over by the end of the request is deleted.
"""

import tempfile
from contextlib import contextmanager

from flask import abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from microblog.base.database import connected
from microblog.base.files import make_folder
from microblog.imports import import_row, requests
from microblog.models import Token
from microblog.web import errors, second_factor
from microblog.web.auth import login_manager
from microblog.web.problem import problem

# Those whose files are counted, and those that are only looked at.
IMPORTING, LOOKING = "imports.create", "archives.create"
# Their addresses, and what of a request tells who sends it.
PATHS = ("/imports", "/api/imports", "/archives")
TELLING = ("COOKIE", "AUTHORIZATION")
# Beside the file: names, boundaries and the token of the form.
OTHER_BYTES = 64 * 1024
CHUNK = 64 * 1024


def init_app(app):
    app.before_request(admit)


def most_bytes(app):
    """How large a request with a file may be."""
    return app.config["IMPORT_MAX_BYTES"] + OTHER_BYTES


def may_be_sent(app, path, headers):
    """Whether a large request to *path* is received at all: whoever sends *headers* must be known."""
    if path not in PATHS:
        return False
    told = {name: headers[name] for name in TELLING if name in headers}
    with app.test_request_context(path, method="POST", headers=told), connected():
        if path.startswith("/api"):
            given = request.authorization
            return bool(given and given.token and Token.from_secret(given.token))
        return current_user.is_authenticated


def admit():
    """Refuse what may not be uploaded before any of it is read, and let in what may."""
    if request.endpoint not in (IMPORTING, LOOKING):
        return None
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    if second_factor.is_missing(current_user):
        return errors.ask_for_second_factor()
    try:
        if request.endpoint == IMPORTING:
            requests.check_quota(current_user)
    except (requests.TooManyFiles, requests.TooManyImports) as refusal:
        flash(words(refusal))
        return redirect(url_for("imports.index"))
    allow_large()
    return None


def words(refusal):
    """What is told to a person whose file is not taken."""
    if isinstance(refusal, requests.TooManyFiles):
        return gettext("Two of your files wait already. Import one of them first, or cancel it.")
    return gettext(
        "Five files of yours were looked at within a day, also those that you cancelled. Try again later."
    )


def allow_large():
    """Let this request be as large as a file may be, and its files go into the data folder; else 413."""
    most = request.max_content_length = most_bytes(current_app)
    request.file_folder = import_row.folder()
    if request.content_length is not None and request.content_length > most:
        abort(413)
    make_folder(request.file_folder)


@contextmanager
def sent():
    """``(name, path)`` of the file that a program sends, as the body or in a form; 400 if there is none."""
    if request.mimetype == "multipart/form-data":
        file = taken(request.files.get("file")) or abort(problem(400, "Send a file."))
        yield file.filename, file.stream.name
        return
    with tempfile.NamedTemporaryFile(dir=request.file_folder, suffix=".part") as file:
        while chunk := request.stream.read(CHUNK):
            file.write(chunk)
        file.flush()
        if not file.tell():
            abort(problem(400, "Send a file."))
        yield "", file.name


def taken(file):
    """*file*, one of a form, if something was sent and is on the disk; else None."""
    if not file or not file.filename:
        return None
    file.stream.flush()
    return file
