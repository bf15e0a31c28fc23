"""Following and unfollowing people."""

from flask import Blueprint, abort, flash
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import User
from microblog.models.exceptions import Blocked, Suspended
from microblog.web.redirects import back

bp = Blueprint("follows", __name__)


@bp.post("/follow/<username>")
def create(username):
    user = User.named(username) or abort(404)
    try:
        current_user.follow(user)
    except Blocked:
        flash(_("One of you has blocked the other, so you cannot follow %(name)s.", name=user.username))
    except Suspended:
        flash(_("This account is suspended."))
    else:
        own = current_user == user
        flash(
            _("You cannot follow yourself, and need not: your own posts are on your home page.")
            if own
            else _("You are following %(name)s now.", name=user.username)
        )
    return back("users.show", username=user.username)


@bp.post("/unfollow/<username>")
def destroy(username):
    user = User.named(username) or abort(404)
    current_user.unfollow(user)
    flash(_("You are not following %(name)s any more.", name=user.username))
    return back("users.show", username=user.username)
