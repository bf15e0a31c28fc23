"""
Exceptions for what people are refused, and what turns the database's own refusals into them.

Where the text is a sentence, it is the one that people read, translated when it is shown.
"""

from contextlib import contextmanager

from peewee import IntegrityError

from microblog.base.i18n import N_

# The message of the triggers in block.py, which refuse follows and messages across a block.
ACROSS_A_BLOCK = "blocked"


class UsernameTaken(ValueError):
    """Somebody has this username, whatever its case."""

    def __init__(self):
        super().__init__(N_("Somebody has this name already. Choose another."))


class EmailTaken(ValueError):
    """Somebody has this e-mail address."""

    def __init__(self):
        super().__init__(
            N_("There is an account with this address already. Sign in to it, or use another address.")
        )


class WrongPassword(Exception):
    """There is no such user, or it is not their password; which of the two is not said."""


class SetUpAlready(RuntimeError):
    """There is an administrator already."""


class LastAdministrator(RuntimeError):
    """Without this account nobody could look after the site."""


class Blocked(Exception):
    """One of the two people has blocked the other."""


class Suspended(Exception):
    """The user is suspended: they cannot read anything, nor be followed."""


@contextmanager
def unless_taken():
    """Turn a violated unique constraint on username or address into UsernameTaken or EmailTaken."""
    try:
        yield
    except IntegrityError as error:
        for column, refusal in (("username", UsernameTaken), ("email_key", EmailTaken)):
            if f"UNIQUE constraint failed: user.{column}" in str(error):
                raise refusal from error
        raise


@contextmanager
def unless_blocked():
    """Turn the database's refusal of a row across a block into Blocked."""
    try:
        yield
    except IntegrityError as error:
        if str(error) == ACROSS_A_BLOCK:
            raise Blocked from error
        raise
