"""Blocking people, and the tab *Blocked* of the settings, with those whom the user has blocked."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Block, Message, User
from microblog.web.pagination import page

bp = Blueprint("blocks", __name__)


@bp.get("/settings/blocked")
def index():
    return render_template("blocks/index.html", page=page(Block.people(current_user)))


@bp.get("/block/<username>")
def new(username):
    """Explain what a block means, and ask for confirmation."""
    return render_template("blocks/new.html", user=_other(username))


@bp.post("/block/<username>")
def create(username):
    user = _other(username)
    Block.add(current_user, user)
    Message.notify_unread(current_user)
    flash(_("You have blocked %(name)s.", name=user.username))
    return redirect(url_for("users.show", username=user.username))


@bp.post("/unblock/<username>")
def destroy(username):
    user = _other(username)
    Block.remove(current_user, user)
    Message.notify_unread(current_user)
    flash(_("You have unblocked %(name)s.", name=user.username))
    return redirect(url_for("users.show", username=user.username))


def _other(username):
    """The user of that name; 409 for the signed-in user, who cannot block themselves."""
    user = User.named(username) or abort(404)
    return user if user != current_user else abort(409)
