"""Signing out the user's other browsers; the account's page lists them."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_required

from microblog.models import Session

bp = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@bp.post("/<row_id:session_id>/end")
@login_required
def destroy(session_id):
    row = Session.get_or_none(Session.id == session_id, Session.user == current_user) or abort(404)
    row.end()
    flash(_("That browser is signed out."))
    return redirect(url_for("account.index"))


@bp.post("/end_others")
@login_required
def destroy_others():
    Session.end_others(current_user, current_user.session)
    flash(_("Every other browser is signed out."))
    return redirect(url_for("account.index"))
