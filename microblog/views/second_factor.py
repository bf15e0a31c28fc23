"""The user's second factor: switching it on and off, and new recovery codes."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature
from pyotp import TOTP, random_base32

from microblog.accounts import second_factor as acts
from microblog.base.hosts import readable_host
from microblog.models import SecondFactor
from microblog.models.exceptions import SecondFactorOn, WrongCode
from microblog.security.signatures import serializer
from microblog.web import cookies, rate_limits, second_factor
from microblog.web.auth import reader
from microblog.web.forms import SecondFactorForm
from microblog.web.qr_code import qr_code

bp = Blueprint("second_factor", __name__, url_prefix="/account/second_factor")


@bp.get("")
def show():
    return _page(SecondFactorForm(formdata=None))


@bp.post("")
@rate_limits.confirming_password
def create():
    form = SecondFactorForm()
    if form.validate_on_submit():
        try:
            codes = acts.switch_on(reader(), _secret(form), form.code.data)
        except WrongCode as error:
            form.code.errors.append(_(str(error)))
        except SecondFactorOn:
            return redirect(url_for("second_factor.show"))
        else:
            cookies.remember_account(reader())
            return _codes_page(codes)
    return _page(form), 422


@bp.post("/codes")
@rate_limits.confirming_password
def renew_codes():
    form = SecondFactorForm()
    if _is_confirmed(form):
        return _codes_page(acts.renew_recovery_codes(reader()))
    return _page(form), 422


@bp.post("/delete")
@rate_limits.confirming_password
def destroy():
    form = SecondFactorForm()
    if not _is_confirmed(form):
        return _page(form), 422
    acts.switch_off(reader())
    cookies.remember_account(reader())
    flash(_("The second factor is switched off. Every other browser is signed out."))
    return redirect(url_for("account.index"))


def _is_confirmed(form):
    """Whether the user has given password and code; a stolen session must not be enough, nor a password."""
    SecondFactor.of(current_user) or abort(409)
    if not form.validate_on_submit():
        return False
    try:
        second_factor.check(reader(), form.code.data)
    except WrongCode as error:
        form.code.errors.append(_(str(error)))
    return not form.errors


def _page(form):
    if factor := SecondFactor.of(current_user):
        left = factor.recovery_codes.count()
        return render_template("second_factor/edit.html", form=form, factor=factor, left=left)
    secret = _secret(form)
    address = TOTP(secret).provisioning_uri(name=current_user.username, issuer_name=_host())
    return render_template(
        "second_factor/new.html",
        form=form,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        signed=_serializer().dumps([current_user.id, secret]),
        picture=qr_code(address),
    )


def _codes_page(codes):
    return render_template("second_factor/codes.html", codes=codes), 201


def _secret(form):
    """The secret that the form's page has shown; a new one if it has shown none, or not to this user."""
    try:
        owner, secret = _serializer().loads(form.secret.data or "")
    except BadSignature:
        return random_base32()
    return secret if owner == current_user.id else random_base32()


def _host():
    return readable_host(urlsplit(current_app.config["SITE_URL"]).hostname)


def _serializer():
    # The page holds the secret until it is in use: asking for a page must not write a row.
    return serializer(current_app.config["SIGNING_KEYS"], "second factor")
