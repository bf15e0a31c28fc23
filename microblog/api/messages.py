"""Private messages."""

from flask import abort, g
from wtforms import StringField

from microblog.api.body import validate
from microblog.api.operation import NEWEST_FIRST, operation, show_refusal
from microblog.api.paging import known_id, newest_first
from microblog.api.schemas import TEXT, dump_message, dump_thread, some
from microblog.api.users import person, profile_of
from microblog.models import FormerName, Message, Thread, User
from microblog.models.exceptions import Blocked, Suspended
from microblog.web import rate_limits
from microblog.web.forms import MessageForm, cleaned
from microblog.web.problem import problem

LIST = {"response": "Message", "paged": NEWEST_FIRST}


@operation("GET", "/messages", "Messages to you, newest first; reading them here marks none as read", **LIST)
def index():
    return newest_first(Message.inbox(g.caller), dump_message)


@operation("GET", "/messages/sent", "Messages from you, newest first", **LIST)
def sent():
    return newest_first(Message.sent(g.caller), dump_message)


@operation(
    "GET",
    "/threads",
    "Whom you write with, by the newest message, of which the ids lead through the list",
    response="Thread",
    paged=NEWEST_FIRST,
)
def threads():
    return newest_first(Message.threads(g.caller), dump_thread, by=Thread)


@operation("GET", "/users/{user}/messages", "What you and a person wrote to each other, newest first", **LIST)
def between(user):
    return newest_first(Message.between(g.caller, person(user).user), dump_message)


@operation(
    "DELETE",
    "/users/{user}/messages",
    "Delete your side of what you and a person wrote to each other so far; theirs stays",
    status=204,
)
def destroy(user):
    other = person(user).user
    if newest := Thread.newest_of(g.caller, other):
        Message.delete_thread(g.caller, other, newest)
    return "", 204


@operation(
    "POST",
    "/messages",
    "Send a message of 1 to 140 characters to `recipient`, an id or a username; a username of digits alone "
    "needs an `@` before it",
    body=some(recipient=TEXT, body=TEXT),
    response="Message",
    status=201,
    problems=(403, 404, 409),
)
@rate_limits.messaging
def create():
    form = validate(AddressedForm, recipient="recipient", body="message")
    _check_digits(form.recipient.data)
    try:
        message = Message.send(g.caller, profile_of(form.recipient.data).user, form.message.data)
    except (Blocked, Suspended) as error:
        return show_refusal(error, status=403)
    return dump_message(message), 201


@operation("PUT", "/messages/{message_id}/read", "Mark a message to you as read", status=204)
def read(message_id):
    message = Message.received(g.caller, known_id(message_id))
    message = message or abort(problem(404, "There is no such message."))
    message.mark_alone(g.caller)
    return "", 204


class AddressedForm(MessageForm):
    """Names the recipient, as the address of the page does for the form there."""

    recipient = StringField(filters=[cleaned])


def _check_digits(text):
    """409 if *text* is an id, and somebody else's name or former one: a message reaches whom it is for."""
    named = (User.named(text) or FormerName.person(text)) if text.isdigit() else None
    if named and named.id != known_id(text):
        detail = f"Somebody is named {text}: write @{text} for them, and any other by username."
        abort(problem(409, detail))
