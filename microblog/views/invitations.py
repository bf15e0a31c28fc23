"""A member's invitations: made, shown once, withdrawn."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import OneTimeToken
from microblog.models.exceptions import TooManyInvitations
from microblog.models.one_time_token import INVITE
from microblog.web import password_confirmation
from microblog.web.invitations import refuse_others

bp = Blueprint("invitations", __name__, url_prefix="/invitations")
bp.before_request(refuse_others)


@bp.get("")
def index():
    return _page()


@bp.post("")
@password_confirmation.required
def create():
    """Create a link and show it, only this once: just a hash of it is stored."""
    if current_app.config["REGISTRATION"] != "invite":
        abort(409)
    try:
        return _page(OneTimeToken.invite(current_user))
    except TooManyInvitations:
        flash(_("You have five open links already. Withdraw one, or wait until one is used."))
        return redirect(url_for("invitations.index"))


@bp.post("/<row_id:invite_id>/delete")
def destroy(invite_id):
    own = (OneTimeToken.id == invite_id, OneTimeToken.kind == INVITE, OneTimeToken.user == current_user.id)
    invite = OneTimeToken.get_or_none(*own) or abort(404)
    invite.revoke(by=current_user.username)
    flash(_("The invitation is withdrawn."))
    return redirect(url_for("invitations.index"))


def _page(token=None):
    invites = list(OneTimeToken.invitations_by(current_user))
    return render_template("invitations/index.html", invites=invites, token=token)
