"""Tokens, with which programs sign in."""

from flask import abort, g

from microblog import accounts
from microblog.api.body import validate
from microblog.api.operation import BASIC, NEWEST_FIRST, operation
from microblog.api.paging import known_id, newest_first
from microblog.api.schemas import FLAG, TEXT, dump_token, some
from microblog.models import Token
from microblog.web.forms import ProgramForm
from microblog.web.problem import problem


@operation("GET", "/tokens", "Your tokens, newest first", response="Token", paged=NEWEST_FIRST)
def index():
    return newest_first(Token.for_user(g.caller), dump_token)


@operation(
    "POST",
    "/tokens",
    "Make a token: `token` is shown this once. `name` says what it is for; with `read_only` it can change"
    " nothing. If you have a second factor, `otp` is a code of it",
    body=some(name=TEXT, read_only=FLAG, otp=TEXT, optional=["name", "read_only", "otp"]),
    response="NewToken",
    status=201,
    problems=(409,),
    access=BASIC,
)
def create():
    form = validate(ProgramForm, name="name", read_only="read_only", otp="otp")
    token, secret = accounts.make_token(g.caller, form.name.data, form.read_only.data)
    return dump_token(token) | {"token": secret}, 201


@operation("DELETE", "/tokens", "End the token that this request is made with", status=204)
def destroy_current():
    g.token.end()
    return "", 204


@operation("DELETE", "/tokens/{token_id}", "End one of your tokens", status=204)
def destroy(token_id):
    token = Token.get_or_none(id=known_id(token_id), user=g.caller)
    token = token or abort(problem(404, "You have no such token."))
    token.end()
    return "", 204
