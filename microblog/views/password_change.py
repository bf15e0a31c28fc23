"""Changing the password with the present one; ``password_reset`` is for those who have forgotten it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.accounts.new_password import PasswordRefused
from microblog.web import rate_limits
from microblog.web.auth import reader, sign_in
from microblog.web.forms import ChangePasswordForm

bp = Blueprint("password_change", __name__, url_prefix="/account/password")


@bp.get("")
def edit():
    return render_template("password_change/edit.html", form=ChangePasswordForm())


@bp.post("")
@rate_limits.confirming_password
def update():
    form = ChangePasswordForm()
    if form.validate_on_submit():
        remembered = current_user.session.remembered
        try:
            accounts.change_password(reader(), form.password.data)
        except PasswordRefused as error:
            form.password.errors.append(_(str(error)))
        else:
            flash(_("Your password is changed. Every other browser is signed out."))
            # A new session for this browser too: copies of its old cookie must be useless.
            return sign_in(reader(), remembered, redirect(url_for("account.index")))
    return render_template("password_change/edit.html", form=form), 422
