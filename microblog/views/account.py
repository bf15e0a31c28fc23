"""The user's own account: address, password, signed-in browsers, and deleting it."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required

from microblog import accounts
from microblog.auth import confirm_password, sign_in, sign_out
from microblog.models import Session, Ticket, User
from microblog.models.refusals import EmailTaken, LastAdministrator
from microblog.models.ticket import CHANGE_EMAIL, TicketUsed
from microblog.security import rate_limits
from microblog.web.forms import ChangeEmailForm, ChangePasswordForm, LeavingForm, status
from microblog.web.redirects import away_from_token

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@login_required
def index():
    return render_template("account/index.html", sessions=Session.living(current_user))


@bp.route("/password", methods=["GET", "POST"])
@login_required
@rate_limits.own_password
def password():
    form = ChangePasswordForm()
    if form.validate_on_submit() and _is_own(form.current_password):
        remembered = current_user.session.remembered
        user = User.get_by_id(current_user.id)
        accounts.change_password(user, form.password.data)
        # A new session for this browser too: copies of its old cookie must be useless.
        sign_in(user, remembered)
        flash(_("Your password is changed. Every other browser is signed out."))
        return redirect(url_for("account.index"))
    return render_template("account/password.html", form=form), status(form)


@bp.route("/email", methods=["GET", "POST"])
@login_required
@rate_limits.own_password
@rate_limits.asking_for_mail
def email():
    """Mail a link to the new address; nothing changes until it is confirmed."""
    form = ChangeEmailForm()
    if form.validate_on_submit() and _is_own(form.current_password):
        try:
            accounts.request_email_change(current_user, form.email.data, str(get_locale()))
        except EmailTaken as refusal:
            form.email.errors.append(_(str(refusal)))
        else:
            flash(_mail_is_on_its_way(form.email.data))
            return redirect(url_for("account.index"))
    return render_template("account/email.html", form=form), status(form)


@bp.get("/email/<token>")
def open_email_link(token):
    session[CHANGE_EMAIL] = token
    return away_from_token("account.confirm_email")


@bp.get("/confirm_email")
def confirm_email():
    """Ask first: mail programs open links by themselves, to look for viruses."""
    ticket = Ticket.of(CHANGE_EMAIL, session.get(CHANGE_EMAIL))
    if ticket is None:
        return render_template("account/dead_link.html"), 410
    return render_template("account/confirm_email.html", ticket=ticket)


@bp.post("/confirm_email")
def update_email():
    ticket = Ticket.of(CHANGE_EMAIL, session.get(CHANGE_EMAIL))
    if ticket is None:
        return render_template("account/dead_link.html"), 410
    try:
        accounts.change_email(ticket)
    except TicketUsed:
        return render_template("account/dead_link.html"), 410
    except EmailTaken as refusal:
        flash(_(str(refusal)))
        return redirect(url_for("account.index"))
    session.pop(CHANGE_EMAIL)
    flash(_("Your e-mail address is %(address)s now.", address=ticket.email))
    return redirect(url_for("account.index"))


@bp.post("/sessions/<row_id:session_id>/end")
@login_required
def end_session(session_id):
    row = Session.get_or_none(Session.id == session_id, Session.user == current_user) or abort(404)
    row.end()
    flash(_("That browser is signed out."))
    return redirect(url_for("account.index"))


@bp.post("/sessions/end_others")
@login_required
def end_other_sessions():
    Session.end_others(current_user, current_user.session)
    flash(_("Every other browser is signed out."))
    return redirect(url_for("account.index"))


@bp.route("/delete", methods=["GET", "POST"])
@login_required
@rate_limits.own_password
def destroy():
    form = LeavingForm()
    if form.validate_on_submit() and _is_own(form.current_password):
        user = User.get_by_id(current_user.id)
        try:
            accounts.delete(user)
        except LastAdministrator:
            form.form_errors.append(
                _("You are the only administrator. Before you leave, somebody else must become one.")
            )
        else:
            sign_out()
            flash(_("Your account and all that belonged to it are deleted."))
            return redirect(url_for("auth.login"))
    return render_template("account/destroy.html", form=form), status(form)


def _mail_is_on_its_way(address):
    if current_app.config["MAIL_SERVER"]:
        return _("A link is on its way to %(address)s. Open it to confirm the address.", address=address)
    return _("The administrator has the link that confirms %(address)s. Ask for it.", address=address)


def _is_own(field):
    """Whether *field* holds the user's password; if not, adds an error to it."""
    if confirm_password(current_user, field.data):
        return True
    field.errors.append(_("That is not your password. Try again."))
    return False
