"""Checking an archive, whoever made it: nothing of it is kept."""

from itertools import islice

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from microblog.exports.archive.check import Check
from microblog.web import rate_limits, uploads

bp = Blueprint("archives", __name__, url_prefix="/archives")
SHOWN_FAULTS = 50
# Read of all that is in it: some three million posts, and seconds of a core for a bomb.
MOST_BYTES = 1024**3


@bp.get("")
def index():
    return render_template("archives/index.html")


@bp.post("")
@rate_limits.checking_archives
def create():
    """What may be sent, and how much of it, ``web.uploads`` has decided."""
    file = uploads.taken(request.files.get("file"))
    if not file:
        flash(_("Choose a file first."))
        return redirect(url_for("archives.index"))
    check = Check(file.stream, current_app.config["SIGNING_KEYS"], most_bytes=MOST_BYTES)
    faults = list(islice(check.faults(), SHOWN_FAULTS + 1))
    told = [fault.told(_) for fault in faults[:SHOWN_FAULTS]]
    return render_template("archives/index.html", check=check, faults=told, more=len(faults) > len(told))
