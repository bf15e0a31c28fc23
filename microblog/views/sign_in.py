"""Signing in and out, registering, and setting up the first account."""

from functools import partial

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.accounts.new_password import PasswordRefused
from microblog.base.database import data_dir
from microblog.mail.templates import may_be_mailed
from microblog.models import OneTimeToken, User
from microblog.models.exceptions import (
    CredentialsChanged,
    DemoShutOut,
    EmailTaken,
    SetUpAlready,
    Suspended,
    TokenInvalid,
    UsernameTaken,
)
from microblog.models.one_time_token import INVITE
from microblog.security import setup_code
from microblog.web import rate_limits
from microblog.web.auth import WrongPassword, authenticate, sign_in, sign_out
from microblog.web.forms import LoginForm, RegistrationForm, SetUpForm, status
from microblog.web.redirects import away_from_token, back

bp = Blueprint("sign_in", __name__)


@bp.route("/auth/login", methods=["GET", "POST"])
@rate_limits.sign_in
def login():
    if current_user.is_authenticated:
        return back("posts.index")
    form = LoginForm()
    if form.validate_on_submit():
        try:
            user = authenticate(form.username.data, form.password.data)
            return sign_in(user, form.remember_me.data, back("posts.index"))
        except Suspended:
            form.form_errors.append(_("This account is suspended. The administrator can tell you why."))
        except DemoShutOut:
            form.form_errors.append(
                _("Demo people cannot sign in where others can reach the site: their password is known.")
            )
        except (WrongPassword, CredentialsChanged):
            form.form_errors.append(_("The username or the password is wrong. Check both and try again."))
    return render_template("sign_in/login.html", form=form), status(form)


@bp.post("/auth/logout")
def logout():
    sign_out()
    flash(_("You are signed out."))
    return redirect(url_for("sign_in.login"))


@bp.route("/auth/register", methods=["GET", "POST"])
@rate_limits.registering
def register():
    if current_user.is_authenticated or not User.exists():
        return redirect(url_for("posts.index"))
    if "invite" in request.args:
        session[INVITE] = request.args["invite"]
        if request.method != "POST":
            return away_from_token("sign_in.register")
    try:
        make = partial(accounts.register, invite=_invitation(), language=str(get_locale()))
        return _make_account("sign_in/register.html", RegistrationForm(), make)
    except TokenInvalid:
        return render_template("sign_in/closed.html", expired=INVITE in session), 403


@bp.route("/setup", methods=["GET", "POST"])
def setup():
    """Create the account of the first administrator; the code proves that the visitor may."""
    if User.has_admin():
        return redirect(url_for("sign_in.login"))
    if not setup_code.matches(data_dir(), request.args.get("code", "")):
        return render_template("sign_in/wrong_code.html"), 403
    form = SetUpForm()
    try:
        return _make_account("sign_in/setup.html", form, partial(accounts.set_up, **form.site))
    except SetUpAlready:
        return redirect(url_for("sign_in.login"))


def _invitation():
    """
    The invitation that a registration uses up; None if the site needs none.

    Raises:
        TokenInvalid: nobody can register, or not without one.
    """
    mode = current_app.config["REGISTRATION"]
    # Open registration must not depend on an invitation, which somebody else may use up.
    if mode == "open":
        return None
    if mode != "invite":
        raise TokenInvalid
    return OneTimeToken.from_secret(INVITE, session.get(INVITE))


def _make_account(template, form, make):
    """Show *form* and take it: sign in whom *make* creates from it, unless something in it is refused."""
    if form.validate_on_submit():
        try:
            user = make(form.username.data, form.email.data, form.password.data)
        except UsernameTaken as error:
            form.username.errors.append(_(str(error)))
        except EmailTaken as error:
            form.email.errors.append(_(str(error)))
        except PasswordRefused as error:
            form.password.errors.append(_(str(error)))
        else:
            if not may_be_mailed(user):
                flash(_("A link to confirm your address is on its way to %(address)s.", address=user.email))
            return sign_in(user, False, redirect(url_for("posts.index")))
    return render_template(template, form=form), status(form)
