"""The tab *Account* of the settings: the browsers that are signed in; and deleting the account."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.models import SecondFactor, Session
from microblog.models.exceptions import LastAdministrator
from microblog.web import cookies, password_confirmation, rate_limits
from microblog.web.auth import reader, sign_out
from microblog.web.forms import ConfirmationForm

bp = Blueprint("account", __name__)


@bp.get("/settings/account")
def index():
    return render_template(
        "account/index.html",
        sessions=Session.active_for(current_user),
        second_factor=SecondFactor.of(current_user),
    )


@bp.post("/account/sessions/<row_id:session_id>/end")
@password_confirmation.required
def end_session(session_id):
    row = Session.get_or_none(Session.id == session_id, Session.user == current_user) or abort(404)
    accounts.end_session(row)
    flash(_("That browser is signed out."))
    return redirect(url_for("account.index"))


@bp.post("/account/sessions/end_others")
@password_confirmation.required
def end_other_sessions():
    accounts.sign_out_everywhere(reader(), current_user.session)
    cookies.remember_account(reader())
    flash(_("Every other browser is signed out, and the tokens of your programs have ended."))
    return redirect(url_for("account.index"))


@bp.get("/account/delete")
def delete():
    """Ask for the password, unless the user has to stay."""
    return _deletion_page(ConfirmationForm())


@bp.post("/account/delete")
@rate_limits.confirming_password
def destroy():
    form = ConfirmationForm()
    if form.validate_on_submit():
        try:
            accounts.delete(reader())
        except LastAdministrator:
            # The page says so, and did before the form was sent.
            pass
        else:
            sign_out()
            flash(_("Your account and all that belonged to it are deleted."))
            return redirect(url_for("sign_in.login"))
    return _deletion_page(form), 422


def _deletion_page(form):
    return render_template("account/delete.html", form=form, must_stay=current_user.is_last_admin)
