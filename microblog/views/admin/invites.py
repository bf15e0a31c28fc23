"""The administrator's page of invitations: created, shown once, withdrawn."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import OneTimeToken
from microblog.models.one_time_token import INVITE
from microblog.web import password_confirmation
from microblog.web.pagination import page

bp = Blueprint("admin_invites", __name__, url_prefix="/admin/invites")


@bp.get("")
def index():
    return _page()


@bp.post("")
@password_confirmation.required
def create():
    """Create a link and show it, only this once: just a hash of it is stored."""
    return _page(OneTimeToken.invite(current_user))


@bp.post("/<row_id:invite_id>/delete")
def destroy(invite_id):
    invite = OneTimeToken.get_or_none(OneTimeToken.id == invite_id, OneTimeToken.kind == INVITE) or abort(404)
    invite.revoke(by=current_user.username)
    flash(_("The invitation is withdrawn."))
    return redirect(url_for("admin_invites.index"))


def _page(token=None):
    return render_template("admin_invites/index.html", page=page(OneTimeToken.invitations()), token=token)
