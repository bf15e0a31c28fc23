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
    """Mail a link to the new address; nothing changes until it is confirmed."""
    form = ChangeEmailForm()
    if form.validate_on_submit():
        try:
            accounts.request_email_change(reader(), form.email.data, str(get_locale()))
        except EmailTaken as error:
            form.email.errors.append(_(str(error)))
        else:
            flash(_mail_is_on_its_way(form.email.data))
            return redirect(url_for("account.index"))
    return render_template("email_changes/new.html", form=form), 422


def _mail_is_on_its_way(address):
    if current_app.config["MAIL_SERVER"]:
        return _("A link is on its way to %(address)s. Open it to confirm the address.", address=address)
    return _("The administrator has the link that confirms %(address)s. Ask for it.", address=address)


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
