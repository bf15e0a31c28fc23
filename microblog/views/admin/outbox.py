"""The administrator's pages of the outbox: mails that cannot be sent."""

from flask import Blueprint, abort, render_template, send_file

from microblog.mail import outbox

bp = Blueprint("admin_outbox", __name__, url_prefix="/admin/outbox")
MOST = 100


@bp.get("")
def index():
    newest, more = outbox.newest(MOST)
    return render_template("admin_outbox/index.html", mails=newest, more=more)


@bp.get("/<mail_id>")
def show(mail_id):
    """The text of one mail."""
    return render_template("admin_outbox/show.html", mail=outbox.read(mail_id) or abort(404))


@bp.get("/<mail_id>/download")
def download(mail_id):
    """The whole mail with its attachments, for a mail program."""
    try:
        response = send_file(outbox.path_of(mail_id), mimetype="message/rfc822", as_attachment=True)
    except FileNotFoundError:
        abort(404)
    response.cache_control.no_store = True
    return response
