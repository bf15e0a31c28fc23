"""Leaving: an account goes with all that belongs to it, rows and files."""

from microblog.database import db
from microblog.models import Mail, Message, Post, Task


def delete_account(user):
    """
    Delete *user*, the rows that point to them, and the files that those stand for: all or nothing.

    Only of somebody who wrote thousands of posts most go before the rest does.
    What a worker is doing for them stops at its next look at the row; it removes what it had begun.

    Raises:
        LastAdministrator: nobody could look after the site any more.
    """
    # An administrator's stay until it is certain that the account may go.
    if not user.is_admin:
        Post.delete_most_by(user)
    with db.atomic():
        rows = [*Task.of(user), *Mail.addressed_to(user)]
        Mail.delete_addressed_to(user)
        Message.delete_all_from(user)
        user.leave()
    for row in rows:
        row.remove_traces()
