"""Leaving: an account goes with all that belongs to it, rows and files."""

from microblog.database import db
from microblog.models import Mail, Message, Post, Task


def delete_account(user):
    """
    Delete *user*, the rows that point to them, and the files that those stand for.

    What a worker is doing for them stops at its next look at the row; it removes what it had begun.

    Raises:
        LastAdministrator: nobody could look after the site any more.
    """
    user.check_leaving()
    Post.delete_all_by(user)
    with db.atomic():
        rows = [*Task.of(user), *Mail.addressed_to(user)]
        Mail.delete_addressed_to(user)
        Message.take_back_all(user)
        user.leave()
    for row in rows:
        row.remove_traces()
