"""
What the models raise, and what translates the database's own errors into it.

Where the text is a sentence, it is the one that people read, translated when it is shown.
"""

from contextlib import contextmanager

from peewee import IntegrityError

from microblog.base.i18n import N_

# The messages of triggers: those that ``block.refusing`` makes, that on answers to nothing, that on likes and
# reports of one's own posts, and those on former names.
ACROSS_A_BLOCK = "blocked"
ANSWERS_NOTHING = "answers nothing"
OWN_POST = "own post"
KEPT_NAME = "kept for whoever had it"
TOO_MANY_NAMES = "too many names"


class UsernameTaken(ValueError):
    """Somebody has this username, or had it until lately, whatever its case."""

    def __init__(self):
        super().__init__(N_("Somebody has this name already. Choose another."))


class TooManyNames(ValueError):
    """The user has given up as many names lately as are kept for anybody."""

    def __init__(self):
        super().__init__(
            N_("You have changed your name often lately. Take one of your former names, or wait.")
        )


class EmailTaken(ValueError):
    """Somebody has this e-mail address."""

    def __init__(self):
        super().__init__(
            N_("There is an account with this address already. Sign in to it, or use another address.")
        )


class SetUpAlready(RuntimeError):
    """There is an administrator already."""


class LastAdministrator(RuntimeError):
    """Without this account nobody could look after the site."""


class CredentialsChanged(Exception):
    """What a check permitted was revoked before it could be done; whoever asked has to be checked again."""


class SecondFactorOn(Exception):
    """The user has a second factor already."""


class WrongCode(ValueError):
    """It is no code of the second factor, or not any more."""

    def __init__(self):
        super().__init__(N_("This code is not right, or was used before. Try the next one."))


class SentAlready(Exception):
    """The same form has come before, with the same text."""


class Blocked(Exception):
    """One of the two people has blocked the other."""


class PostGone(Exception):
    """The post that was to be answered is not there any more."""


class OwnPost(Exception):
    """Nobody likes or reports a post of their own."""


class Suspended(Exception):
    """The user is suspended: they cannot read anything, nor be followed."""


class DemoShutOut(Exception):
    """The user is a demo person, and people can reach the site from elsewhere."""


class TokenInvalid(Exception):
    """The one-time token has been redeemed, or revoked, in the meantime."""


class TooManyTokens(Exception):
    """The user already has as many tokens as allowed."""


class TooManyInvitations(Exception):
    """The member has as many open invitations as allowed."""


# By words that are ours; the others in the database's message belong to SQLite, and may change.
REFUSALS = {
    "user.username": UsernameTaken,
    "user.email_key": EmailTaken,
    "second_factor.user_id": SecondFactorOn,
    ACROSS_A_BLOCK: Blocked,
    ANSWERS_NOTHING: PostGone,
    OWN_POST: OwnPost,
    KEPT_NAME: UsernameTaken,
    TOO_MANY_NAMES: TooManyNames,
}


@contextmanager
def translate_integrity_error():
    """Translate the database's refusal of a row into one of REFUSALS."""
    try:
        yield
    except IntegrityError as error:
        for words, translated in REFUSALS.items():
            if words in str(error):
                raise translated from error
        raise
