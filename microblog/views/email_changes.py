"""Changing one's e-mail address: requesting it, and confirming it with the link that was mailed."""

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from microblog import accounts
from microblog.models import OneTimeToken
from microblog.models.exceptions import EmailTaken, TokenInvalid
from microblog.models.one_time_token import CHANGE_EMAIL
from microblog.web import rate_limits
from microblog.web.auth import reader
from microblog.web.forms import ChangeEmailForm
from microblog.web.redirects import away_from_token

bp = Blueprint("email_changes", __name__, url_prefix="/account")


@bp.get("/email")
def new():
    return render_template("email_changes/new.html", form=ChangeEmailForm())


@bp.post("/email")
@rate_limits.confirming_password
@rate_limits.asking_for_mail
def create():
    """Mail a link to the new address; nothing changes until it is confirmed, nor shows whether it is free."""
    form = ChangeEmailForm()
    if form.validate_on_submit():
        accounts.request_email_change(reader(), form.email.data, str(get_locale()))
        flash(_where_the_mail_is(form.email.data))
        return redirect(url_for("account.index"))
    return render_template("email_changes/new.html", form=form), 422


@bp.post("/confirm_email/send")
@rate_limits.asking_for_mail
def send_confirmation():
    """Mail the link that confirms the present address once more."""
    accounts.request_confirmation(reader(), str(get_locale()))
    flash(_where_the_mail_is(reader().email))
    return redirect(url_for("account.index"))


def _where_the_mail_is(address):
    """It may be one without a link: whose the address is, is told to nobody else."""
    if current_app.config["MAIL_SERVER"]:
        return _("A mail is on its way to %(address)s. It says what to do next.", address=address)
    return _("The administrator has the mail to %(address)s. Ask for it.", address=address)


@bp.get("/email/<token>")
def open_link(token):
    session[CHANGE_EMAIL] = token
    return away_from_token("email_changes.edit")


@bp.get("/confirm_email")
def edit():
    """Ask first: mail programs open links by themselves, to look for viruses."""
    token = OneTimeToken.from_secret(CHANGE_EMAIL, session.get(CHANGE_EMAIL))
    return render_template("email_changes/edit.html", token=token)


@bp.post("/confirm_email")
def update():
    token = OneTimeToken.from_secret(CHANGE_EMAIL, session.get(CHANGE_EMAIL))
    try:
        accounts.change_email(token)
    except EmailTaken as error:
        flash(_(str(error)))
        return redirect(url_for("account.index"))
    session.pop(CHANGE_EMAIL)
    flash(_("Your e-mail address is %(address)s now.", address=token.email))
    return redirect(url_for("account.index"))


@bp.errorhandler(TokenInvalid)
def show_dead_link(_error):
    return render_template("email_changes/dead_link.html"), 410
