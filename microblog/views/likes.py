"""Liking posts, and taking it back."""

from flask import Blueprint, abort, flash
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Like, Post
from microblog.models.exceptions import Blocked, OwnPost
from microblog.web.redirects import back

bp = Blueprint("likes", __name__)


@bp.post("/post/<row_id:post_id>/like")
def create(post_id):
    try:
        Like.add(current_user, _post(post_id))
    except Blocked:
        flash(_("One of you has blocked the other, so you cannot like this."))
    except OwnPost:
        flash(_("You wrote this yourself."))
    return back("posts.show", post_id=post_id)


@bp.post("/post/<row_id:post_id>/unlike")
def destroy(post_id):
    Like.remove(current_user, _post(post_id))
    return back("posts.show", post_id=post_id)


def _post(post_id):
    return Post.seen_by(current_user, post_id) or abort(404)
