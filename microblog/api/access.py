"""Who the caller is: the owner of a token or, to get one, of a username and password."""

from flask import request

from microblog.api.problem import Problem
from microblog.models import Token, User
from microblog.security import rate_limits, security_log
from microblog.security.password_hashes import check_password


def by_token():
    """
    The user and the token of the request.

    Raises:
        Problem: 401, there is no valid token.
    """
    given = request.authorization
    token = Token.of(given.token) if given and given.type == "bearer" and given.token else None
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
    known = given and given.type == "basic" and given.username and given.password
    user = User.named(given.username) if known else None
    right = known and check_password(user, given.password)
    if not right or user.suspended_at:
        if known:
            security_log.record("sign-in-failed", user, door="api")
        headers = {"WWW-Authenticate": 'Basic realm="Microblog", charset="UTF-8"'}
        raise Problem(401, "Send your username and password by HTTP basic authentication.", headers)
    return user, None
