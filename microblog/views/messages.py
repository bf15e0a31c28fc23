"""Private messages: whom one writes with, what was written, writing more, and deleting one's side of it."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Block, Message, SentForm, Thread, User
from microblog.models.exceptions import Blocked, SentAlready, Suspended
from microblog.web import rate_limits
from microblog.web.forms import MessageForm, ShownForm
from microblog.web.pagination import page
from microblog.web.redirects import back

bp = Blueprint("messages", __name__)
# Where the sent messages were, before they stood among the answers.
FORMER = "sent"


@bp.get("/messages")
def index():
    return render_template("messages/index.html", page=page(Message.threads(current_user), by=Thread))


@bp.get("/messages/<username>")
def show(username):
    if username == FORMER and not User.named(username):
        return redirect(url_for("messages.index"))
    return _thread(MessageForm(), _other(username))


@bp.post("/messages/<username>/read")
def read(username):
    """Mark as read what the page has shown; a GET, which may be a prefetch, marks nothing."""
    other = _other(username)
    Message.mark_read(current_user, other, _newest_shown())
    return back("messages.show", username=other.username)


@bp.get("/messages/<username>/delete")
def delete(username):
    """Ask for confirmation."""
    other = _other(username)
    newest = Thread.newest_of(current_user, other) or abort(404)
    return render_template("messages/delete.html", other=other, newest=newest)


@bp.post("/messages/<username>/delete")
def destroy(username):
    Message.delete_thread(current_user, _other(username), _newest_shown())
    flash(_("The messages are deleted."))
    return redirect(url_for("messages.index"))


@bp.get("/send_message/<recipient>")
def new(recipient):
    """The former page for writing one message; its form is the end of the thread."""
    return redirect(url_for("messages.show", username=_other(recipient).username, _anchor="message"))


@bp.post("/send_message/<recipient>")
@rate_limits.messaging
def create(recipient):
    other = _other(recipient)
    form = MessageForm()
    if not form.validate_on_submit():
        return _thread(form, other), 422
    try:
        with SentForm.once(current_user, form.once.data, "message", str(other.id), form.message.data):
            Message.send(current_user, other, form.message.data)
    except SentAlready:
        pass
    except (Blocked, Suspended):
        return _thread(form, other), 403
    # The category tells the script to discard the draft that it kept.
    flash(_("Your message is sent."), "posted")
    return redirect(url_for("messages.show", username=other.username))


def _other(username):
    """The user of that name; ``parted`` says whether a block stands between."""
    return Block.person(username, current_user) or abort(404)


def _newest_shown():
    """The id of the newest message on the page that sends the form; what came later was not seen."""
    form = ShownForm()
    return form.newest.data if form.validate_on_submit() else abort(400)


def _thread(form, other):
    return render_template(
        "messages/show.html",
        form=form,
        other=other,
        page=page(Message.between(current_user, other)),
    )
