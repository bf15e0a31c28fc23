"""Forgotten passwords: requesting a link by mail, and setting a new password with it."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.accounts.new_password import PasswordRefused
from microblog.models import OneTimeToken
from microblog.models.exceptions import TokenInvalid
from microblog.models.one_time_token import RESET_PASSWORD
from microblog.web import cookies, rate_limits
from microblog.web.auth import sign_in
from microblog.web.forms import EmailForm, NewPasswordForm, status
from microblog.web.redirects import away_from_token

bp = Blueprint("password_reset", __name__, url_prefix="/auth")


@bp.route("/reset_password_request", methods=["GET", "POST"])
@rate_limits.asking_for_mail
def request_link():
    """Only record the request: the worker finds out whose address it is, if anybody's."""
    form = EmailForm()
    if form.validate_on_submit():
        accounts.request_password_reset(form.email.data, language=str(get_locale()))
        return redirect(url_for("password_reset.link_sent"))
    return render_template("password_reset/request_link.html", form=form), status(form)


@bp.get("/reset_password_request/sent")
def link_sent():
    """Where the link is; a page of its own, because it says what to do next."""
    return render_template("password_reset/link_sent.html")


@bp.route("/reset_password/<token>", methods=["GET", "POST"])
def open_link(token):
    session[RESET_PASSWORD] = token
    return reset() if request.method == "POST" else away_from_token("password_reset.reset")


@bp.route("/reset_password", methods=["GET", "POST"])
def reset():
    token = OneTimeToken.from_secret(RESET_PASSWORD, session.get(RESET_PASSWORD))
    form = NewPasswordForm()
    # Read now: changing the password ends the session.
    session_here = current_user.session if current_user == token.user else None
    if not (form.validate_on_submit() and _set_password(form, token)):
        return render_template("password_reset/reset.html", form=form, user=token.user), status(form)
    session.pop(RESET_PASSWORD)
    cookies.remember_account(token.user)
    flash(_("Your new password is set."))
    onwards = redirect(url_for("sign_in.login"))
    return sign_in(token.user, session_here.remembered, onwards) if session_here else onwards


def _set_password(form, token):
    """Whether it was done; if not, the form says why."""
    try:
        accounts.change_password(token.user, form.password.data, token)
    except PasswordRefused as error:
        form.password.errors.append(_(str(error)))
        return False
    return True


@bp.errorhandler(TokenInvalid)
def show_dead_link(_error):
    return render_template("password_reset/dead_link.html"), 410
