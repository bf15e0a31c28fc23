"""Deleting an account with everything that belongs to it, rows and files."""

from microblog.database import db
from microblog.models import Mail, Message, Post, Task


def delete_account(user):
    """
    Delete *user*, the rows that refer to them and the files of those rows: all or nothing.

    Only if they wrote thousands of posts, most of these are deleted beforehand.
    A worker that is busy for them stops when it next checks the row, and removes what it has begun.

    Raises:
        LastAdministrator: no administrator would be left.
    """
    # Not an administrator's: the account may turn out to be the last one and stay.
    if not user.is_admin:
        Post.delete_most_by(user)
    with db.atomic():
        rows = [*Task.of(user), *Mail.addressed_to(user)]
        Mail.delete_addressed_to(user)
        Message.delete_all_from(user)
        user.leave()
    for row in rows:
        row.remove_traces()
