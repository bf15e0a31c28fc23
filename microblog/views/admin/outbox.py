"""
The administrator's pages of the outbox: mails that cannot be sent.

A link in a mail lets somebody into an account, so the security log says who has read which mail.
"""

from flask import Blueprint, abort, render_template, send_file
from flask_login import current_user

from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.web import password_confirmation

bp = Blueprint("admin_outbox", __name__, url_prefix="/admin/outbox")
MOST = 100


@bp.get("")
@password_confirmation.required
def index():
    newest, more = outbox_files.newest(MOST)
    return render_template("admin_outbox/index.html", mails=newest, more=more)


@bp.get("/<mail_id>")
@password_confirmation.required
def show(mail_id):
    """The text of one mail, unless it is kept from all pages."""
    mail = outbox_files.read(mail_id) or abort(404)
    hidden = _is_hidden(mail_id)
    if not hidden:
        Mail.record_reading(mail_id, by=current_user.username)
    return render_template("admin_outbox/show.html", mail=mail, hidden=hidden)


@bp.get("/<mail_id>/download")
@password_confirmation.required
def download(mail_id):
    """The whole mail with its attachments, for a mail program."""
    if _is_hidden(mail_id):
        abort(403)
    try:
        response = send_file(outbox_files.path_of(mail_id), mimetype="message/rfc822", as_attachment=True)
    except FileNotFoundError:
        abort(404)
    Mail.record_reading(mail_id, by=current_user.username)
    response.cache_control.no_store = True
    return response


def _is_hidden(mail_id):
    mail = Mail.get_or_none(Mail.id == mail_id)
    return mail is not None and mail.opens_administration
