"""Who the caller is: the owner of a token or, to get one, of a username and password."""

from contextlib import suppress

from flask import request

from microblog.models import Token
from microblog.models.exceptions import Suspended
from microblog.web import rate_limits
from microblog.web.auth import WrongPassword, authenticate
from microblog.web.problem import Problem


def by_token():
    """
    The user and the token of the request.

    Raises:
        Problem: 401, there is no valid token.
    """
    given = request.authorization
    token = Token.from_secret(given.token) if given and given.type == "bearer" and given.token else None
    if token is None:
        raise Problem(401, "Send a valid token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
    token.note_use()
    return token.user, token


@rate_limits.sign_in
def by_password():
    """
    The user whose name and password the request gives, and None for the token.

    Raises:
        Problem: 401, name or password are wrong, or the user is suspended.
    """
    given = request.authorization
    if given and given.type == "basic" and given.username and given.password:
        with suppress(WrongPassword, Suspended):
            return authenticate(given.username, given.password, door="api"), None
    headers = {"WWW-Authenticate": 'Basic realm="Microblog", charset="UTF-8"'}
    raise Problem(401, "Send your username and password by HTTP basic authentication.", headers)
