"""Posts from files: sent, looked at, confirmed, cancelled, undone."""

from flask import abort, g, url_for

from microblog.api.body import given_object, validate
from microblog.api.operation import operation
from microblog.api.schemas import FLAG, TEXT, dump_import, some
from microblog.base.text import clean, cut
from microblog.imports import requests
from microblog.imports.import_row import Import
from microblog.web import uploads
from microblog.web.import_form import ImportForm
from microblog.web.pagination import whole_number
from microblog.web.problem import problem

DAY = TEXT | {"format": "date"}
CHOICES = some(
    reply=FLAG | {"description": "Also answers to others"},
    repost=FLAG | {"description": "Also what you passed on"},
    profile=FLAG | {"description": "Also `about_me`"},
    follow={"type": "array", "items": TEXT, "description": "Usernames, of those that the file names"},
    first=DAY,
    last=DAY,
    optional=["reply", "repost", "profile", "follow", "first", "last"],
)


@operation(
    "POST",
    "/imports",
    "Send a file with posts of yours, to be looked at; `Location` says where to watch it",
    takes_file=True,
    response="Import",
    status=202,
    located=True,
    problems=(400, 409, 413, 429),
)
def create():
    requests.check_quota(g.caller)
    uploads.allow_large()
    with uploads.sent() as (name, path):
        row = requests.look(g.caller, cut(clean(name), 255) or "?", path)
    return show(str(row.id)), 202, {"Location": url_for("api.imports_show", import_id=row.id)}


@operation("GET", "/imports/{import_id}", "An import: its preview, progress or result", response="Import")
def show(import_id):
    return dump_import(_get_own(import_id))


@operation(
    "POST",
    "/imports/{import_id}/confirm",
    "Have the posts of a preview brought here",
    body=CHOICES,
    response="Import",
    status=202,
    problems=(409,),
)
def confirm(import_id):
    form = validate(ImportForm, **{name: name for name in ("reply", "repost", "profile", "first", "last")})
    requests.confirm(_get_own(import_id), form.choices(_names()))
    return show(import_id), 202


@operation(
    "POST",
    "/imports/{import_id}/cancel",
    "End what is under way, and delete the file; nothing is kept",
    response="Import",
    problems=(409,),
)
def cancel(import_id):
    requests.cancel(_get_own(import_id))
    return show(import_id)


@operation(
    "POST",
    "/imports/{import_id}/undo",
    "Take away again what was brought, within 30 days",
    response="Import",
    status=202,
    problems=(409,),
)
def undo(import_id):
    requests.undo(_get_own(import_id))
    return show(import_id), 202


def _names():
    names = given_object().get("follow")
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        wrong = {"follow": ["must be a list of strings"]}
        abort(problem(422, "The request's fields are not what they must be.", errors=wrong))
    return names


def _get_own(import_id):
    """The caller's import of that id; 404 if there is none, or it is somebody else's."""
    number = whole_number(import_id)
    row = number is not None and Import.of(g.caller).where(Import.id == number).first()
    return row or abort(problem(404, "You have no such import."))
