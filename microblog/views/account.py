"""The user's own account: what belongs to it, and deleting it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required

from microblog import accounts
from microblog.models import Session, User
from microblog.models.exceptions import LastAdministrator
from microblog.web import rate_limits
from microblog.web.auth import sign_out
from microblog.web.forms import ConfirmationForm

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@login_required
def index():
    return render_template("account/index.html", sessions=Session.active_for(current_user))


@bp.get("/delete")
@login_required
def delete():
    """Ask for the password, unless the user has to stay."""
    return _deletion_page(ConfirmationForm())


@bp.post("/delete")
@login_required
@rate_limits.confirming_password
def destroy():
    form = ConfirmationForm()
    if form.validate_on_submit():
        user = User.get_by_id(current_user.id)
        try:
            accounts.delete(user)
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
