"""Bringing posts here from a file: upload, preview, confirmation, undoing."""

import csv
import io
from contextlib import ExitStack
from itertools import islice

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext
from flask_babel import gettext as _
from flask_login import current_user

from microblog.base.clock import from_microseconds
from microblog.base.text import clean, cut
from microblog.imports import profiles, requests
from microblog.imports.import_row import Import
from microblog.imports.sorted_records import SortedRecords
from microblog.tasks.exceptions import TaskInProgress
from microblog.web import uploads
from microblog.web.forms import status
from microblog.web.import_form import ImportForm
from microblog.web.presentation import News

bp = Blueprint("imports", __name__, url_prefix="/imports")
SHOWN_POSTS = 5
SHOWN_REMARKS = 50
LISTED = 50
LINES_AT_ONCE = 1000
# A program of tables takes a cell that begins with one of these for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@bp.get("")
def index():
    news = News.read()
    imports = list(Import.of(current_user).limit(LISTED))
    return render_template("imports/index.html", news=news, imports=imports)


@bp.post("")
def create():
    """What may be sent, and how much of it, ``web.uploads`` has decided."""
    file = uploads.taken(request.files.get("file"))
    if not file:
        flash(_("Choose a file first."))
        return redirect(url_for("imports.index"))
    try:
        row = requests.look(current_user, cut(clean(file.filename), 255) or "?", file.stream.name)
    except TaskInProgress:
        flash(_("Another file of yours is being looked at. Wait until that is done."))
        return redirect(url_for("imports.index"))
    return redirect(url_for("imports.show", import_id=row.id))


@bp.get("/<row_id:import_id>")
def show(import_id):
    news = News.read()
    return _show(_own(import_id), ImportForm(), news=news)


def _show(row, form, **context):
    preview = {}
    if row.can_be_confirmed:
        with SortedRecords.opened(row.records) as records:
            preview = {
                "posts": list(islice(records.posts(), SHOWN_POSTS)),
                "remarks": list(records.remarks(SHOWN_REMARKS)),
                "people": profiles.offered(current_user, records.facts),
                "about_me": profiles.about_me(records.facts),
            }
    span = [from_microseconds(each) for each in (row.counts or {}).get("span") or ()]
    return render_template(
        "imports/show.html", row=row, form=form, span=span, moment_of=from_microseconds, **preview, **context
    ), status(form)


@bp.post("/<row_id:import_id>/confirm")
def confirm(import_id):
    row, form = _own(import_id), ImportForm()
    if not form.validate():
        return _show(row, form)
    try:
        requests.confirm(row, form.choices(request.form.getlist("follow")))
    except TaskInProgress:
        flash(_("Another import of yours is under way. Wait until it is done."))
    return redirect(url_for("imports.show", import_id=row.id))


@bp.post("/<row_id:import_id>/cancel")
def cancel(import_id):
    requests.cancel(_own(import_id))
    return redirect(url_for("imports.show", import_id=import_id))


@bp.post("/<row_id:import_id>/undo")
def undo(import_id):
    """An administrator can undo anybody's."""
    row = Import.of_anybody(import_id) if current_user.is_admin else None
    try:
        requests.undo(row or _own(import_id), by=current_user.username)
    except TaskInProgress:
        flash(_("Another import is being undone. Wait until that is done."))
    if row and row.user != current_user:
        return redirect(url_for("admin_tasks.index"))
    return redirect(url_for("imports.show", import_id=import_id))


@bp.get("/<row_id:import_id>/report.csv")
def report(import_id):
    """Every item that does not come here as it was: place, what becomes of it, reason."""
    row = _own(import_id)
    opened = ExitStack()
    try:
        records = opened.enter_context(SortedRecords.opened(row.records))
    except FileNotFoundError:
        abort(404)
    response = Response(stream_with_context(_table(records.remarks())), mimetype="text/csv")
    response.call_on_close(opened.close)
    response.headers["Content-Disposition"] = "attachment; filename=report.csv"
    return response


def _table(remarks):
    """Yield pieces of a CSV file of *remarks*, which may be as many as a file has posts."""
    yield _lines([("place", "state", "reason")])
    rows = ([_cell(each.place), _cell(each.state), _cell(gettext(each.reason))] for each in remarks)
    while piece := list(islice(rows, LINES_AT_ONCE)):
        yield _lines(piece)


def _lines(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(text):
    return f"'{text}" if text.startswith(FORMULA) else text


def _own(import_id):
    """The import, if it is the user's; 404 for somebody else's, as if it did not exist."""
    return Import.of(current_user).where(Import.id == import_id).first() or abort(404)
