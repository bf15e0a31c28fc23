"""Private messages: the inbox, sent messages, writing one, and marking the shown ones as read."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Block, Message, User
from microblog.models.exceptions import Blocked, Suspended
from microblog.web import rate_limits
from microblog.web.forms import MessageForm, ShownForm
from microblog.web.pagination import page
from microblog.web.redirects import back

bp = Blueprint("messages", __name__)


@bp.get("/messages")
def index():
    return render_template("messages/index.html", page=page(Message.inbox(current_user)))


@bp.get("/messages/sent")
def sent():
    return render_template("messages/sent.html", page=page(Message.sent(current_user)))


@bp.post("/messages/read")
def read():
    """Mark the shown messages as read; a GET, which may be a prefetch, marks nothing."""
    form = ShownForm()
    if not form.validate_on_submit():
        abort(400)
    Message.mark_read(current_user, form.oldest.data, form.newest.data)
    return back("messages.index")


@bp.get("/send_message/<recipient>")
def new(recipient):
    user = User.named(recipient) or abort(404)
    return _form(MessageForm(), user)


@bp.post("/send_message/<recipient>")
@rate_limits.messaging
def create(recipient):
    user = User.named(recipient) or abort(404)
    form = MessageForm()
    if not form.validate_on_submit():
        return _form(form, user), 422
    try:
        Message.send(current_user, user, form.message.data)
    except (Blocked, Suspended):
        return _form(form, user), 403
    flash(_("Your message is sent."), "posted")
    return redirect(url_for("users.show", username=user.username))


def _form(form, recipient):
    return render_template(
        "messages/new.html",
        form=form,
        recipient=recipient,
        blocked=Block.between(current_user, recipient),
        answered=Message.latest(current_user, recipient),
    )
