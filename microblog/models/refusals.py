"""Exceptions for what people are refused, and what turns the database's own refusals into them."""

from contextlib import contextmanager

from peewee import IntegrityError

# The message of the triggers in block.py, which refuse follows and messages across a block.
ACROSS_A_BLOCK = "blocked"


class UsernameTaken(ValueError):
    """Somebody has this username, whatever its case."""


class EmailTaken(ValueError):
    """Somebody has this e-mail address."""


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
                raise refusal(str(error)) from error
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
