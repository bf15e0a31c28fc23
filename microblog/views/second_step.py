"""Asking for a code at sign-in, after the password."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models.exceptions import WrongCode
from microblog.web import remembered_devices, second_factor, second_step
from microblog.web.auth import start_session
from microblog.web.forms import SecondStepForm, status

bp = Blueprint("second_step", __name__, url_prefix="/auth/second_factor")


@bp.route("", methods=["GET", "POST"])
def show():
    step = None if current_user.is_authenticated else second_step.pending()
    if step is None:
        return _begin_anew()
    form = SecondStepForm()
    if form.validate_on_submit():
        try:
            second_factor.check(step.user, form.code.data)
        except WrongCode as error:
            form.code.errors.append(_(str(error)))
        else:
            return _sign_in(step, form.remember_device.data)
    return render_template("second_step/show.html", form=form), status(form)


def _sign_in(step, remember_device):
    start_session(step.user, step.remember)
    if remember_device:
        remembered_devices.add(step.user)
    return redirect(step.onwards)


def _begin_anew():
    if session.pop(second_step.NAME, None):
        flash(_("That took too long, or your account has changed. Sign in again."))
    return redirect(url_for("sign_in.login"))
