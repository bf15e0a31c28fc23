"""The administrator's pages of the outbox: mails that cannot be sent."""

from flask import Blueprint, abort, render_template, send_file

from microblog.mail import outbox
from microblog.web.auth import admin_required

bp = Blueprint("admin_outbox", __name__, url_prefix="/admin/outbox")
LETTERS = 100


@bp.get("")
@admin_required
def index():
    newest, more = outbox.newest(LETTERS)
    return render_template("admin_outbox/index.html", letters=newest, more=more)


@bp.get("/<letter_id>")
@admin_required
def show(letter_id):
    """The text of one mail."""
    return render_template("admin_outbox/show.html", letter=outbox.read(letter_id) or abort(404))


@bp.get("/<letter_id>/download")
@admin_required
def download(letter_id):
    """The whole mail with its attachments, for a mail program."""
    try:
        response = send_file(outbox.path_of(letter_id), mimetype="message/rfc822", as_attachment=True)
    except FileNotFoundError:
        abort(404)
    response.cache_control.no_store = True
    return response
