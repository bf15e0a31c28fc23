"""The administrator's pages: users, invitations, the security log, and mails that cannot be sent."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts, demo
from microblog.auth import admin_required
from microblog.mail import outbox
from microblog.models import Ticket, User
from microblog.models.ticket import INVITE
from microblog.security import security_log
from microblog.text import clean
from microblog.web.pagination import page

bp = Blueprint("admin", __name__, url_prefix="/admin")
LETTERS = 100
EVENTS = 200


@bp.get("")
@admin_required
def index():
    return redirect(url_for("admin.users"))


@bp.get("/users")
@admin_required
def users():
    """Users, newest first; with ``q``, those whose names start with it."""
    beginning = clean(request.args.get("q", ""))
    people = page(User.whose_name_begins(beginning), User)
    return render_template(
        "admin/users.html",
        page=people,
        beginning=beginning,
        demo_people=demo.has_moved_in(),
        demo_offered=demo.offered_to(current_user, current_app.config["SETTINGS"]),
    )


@bp.post("/users/<username>/suspend")
@admin_required
def suspend_user(username):
    user = User.named(username) or abort(404)
    if not accounts.suspend(user, by=current_user.username):
        abort(409)
    flash(
        _("%(username)s is suspended: signed out everywhere, and unable to sign in.", username=user.username)
    )
    return redirect(url_for("admin.users", q=user.username))


@bp.post("/users/<username>/restore")
@admin_required
def restore_user(username):
    user = User.named(username) or abort(404)
    accounts.restore(user, by=current_user.username)
    flash(_("%(username)s can sign in again.", username=user.username))
    return redirect(url_for("admin.users", q=user.username))


@bp.get("/invites")
@admin_required
def invites():
    return _invites()


@bp.post("/invites")
@admin_required
def create_invite():
    """Create a link and show it, only this once: just a hash of it is stored."""
    return _invites(token=Ticket.invite(current_user))


@bp.post("/invites/<row_id:ticket_id>/delete")
@admin_required
def destroy_invite(ticket_id):
    ticket = Ticket.get_or_none(Ticket.id == ticket_id, Ticket.kind == INVITE) or abort(404)
    ticket.withdraw(by=current_user.username)
    flash(_("The invitation is withdrawn."))
    return redirect(url_for("admin.invites"))


@bp.get("/security")
@admin_required
def events():
    """The latest events of the security log."""
    return render_template("admin/events.html", events=security_log.latest(EVENTS))


@bp.get("/outbox")
@admin_required
def letters():
    newest, more = outbox.newest(LETTERS)
    return render_template("admin/letters.html", letters=newest, more=more)


@bp.get("/outbox/<letter_id>")
@admin_required
def letter(letter_id):
    """The text of one mail."""
    return render_template("admin/letter.html", letter=outbox.read(letter_id) or abort(404))


@bp.get("/outbox/<letter_id>/download")
@admin_required
def download_letter(letter_id):
    """The whole mail with its attachments, for a mail program."""
    try:
        response = send_file(outbox.path_of(letter_id), mimetype="message/rfc822", as_attachment=True)
    except FileNotFoundError:
        abort(404)
    response.cache_control.no_store = True
    return response


def _invites(token=None):
    return render_template("admin/invites.html", invites=list(Ticket.living(INVITE)), token=token)
