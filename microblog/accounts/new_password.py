"""The one way to set a password, whoever sets it: refused if others would guess it, else hashed."""

from urllib.parse import urlsplit

from flask import current_app

from microblog.base.hosts import readable_host
from microblog.base.i18n import N_
from microblog.models import User
from microblog.security.guessable_passwords import is_guessable
from microblog.security.passwords import check_password, hash_password


class PasswordRefused(ValueError):
    """This may not be the password."""


def hash_new(password: str, username: str, email: str, user: User | None = None) -> str:
    """
    The hash of what is to be the password of the account with that name and address.

    *user* is whoever has the account already.

    Raises:
        PasswordRefused: others would guess it, or it is the present one.
    """
    if is_guessable(password, [username, email, email.partition("@")[0], *_words_of_the_site()]):
        raise PasswordRefused(
            N_("This password is one of the first that others would guess. Choose another.")
        )
    if user and check_password(user, password):
        raise PasswordRefused(N_("This is your password already. Choose another."))
    return hash_password(password)


def _words_of_the_site() -> list[str]:
    """Its name, its host, and the words that its host is made of."""
    host = readable_host(urlsplit(current_app.config["SITE_URL"]).hostname)
    return ["microblog", host, *host.split(".")]
