"""An operation: its path, who may call it, and what the OpenAPI document says about it, in one place."""

from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from flask import Blueprint, abort, g, request, url_for

from microblog.api.body import given_object
from microblog.api.paging import CURSOR
from microblog.imports.requests import NotNow, TooManyFiles
from microblog.models import SecondFactor, Token
from microblog.models.exceptions import (
    Blocked,
    CredentialsChanged,
    DemoShutOut,
    OwnPost,
    PostGone,
    Suspended,
    TooManyNames,
    TooManyTokens,
    UsernameTaken,
    WrongCode,
)
from microblog.models.token import MOST
from microblog.security import security_log
from microblog.tasks.exceptions import NothingToRetry, TaskInProgress, UnknownJob
from microblog.web import rate_limits, second_factor
from microblog.web.auth import WrongPassword, authenticate, is_shut_out, login_manager
from microblog.web.csrf import SAFE
from microblog.web.members_only import ADMIN, is_hidden_from
from microblog.web.problem import problem

bp = Blueprint("api", __name__, url_prefix="/api")
BEARER, BASIC = "bearer", "basic"
# The parameters that lead through a list in that order.
NEWEST_FIRST, OLDEST_FIRST = ("max_id", "since_id"), ("since_id",)
OPERATIONS = {}
REFUSALS = {
    Blocked: "One of you has blocked the other.",
    NotNow: "It is not in the state for that, or not any more.",
    OwnPost: "Nobody likes what they wrote themselves.",
    NothingToRetry: "It has neither failed nor been cancelled.",
    PostGone: "The post that it answers is not there any more.",
    Suspended: "This account is suspended.",
    TaskInProgress: "Another of its kind is in progress.",
    TooManyFiles: "Two of your files wait already. Confirm one of them, or cancel it.",
    TooManyNames: str(TooManyNames()),
    TooManyTokens: f"You have {MOST} tokens; delete one first.",
    UnknownJob: "This version of the site cannot do it.",
    UsernameTaken: str(UsernameTaken()),
}
bp.before_request(rate_limits.programs.count)


class Operation(NamedTuple):
    """
    *response* names the schema of the response with *status*, None if it is empty. For a list that is the
    schema of each item, and *paged* names the parameters that lead through it: ids of the schema *cursor*.
    *filters* are the schemas of those that narrow it.
    *body* is the schema of the request; *takes_file*: it is a file of any kind instead.

    *located*: the response's ``Location`` leads to what was created. *problems*: the error statuses
    besides those that all operations have.
    """

    resource: str
    path: str
    method: str
    summary: str
    name: str
    response: str | None = None
    media_type: str = "application/json"
    status: int = 200
    body: dict | None = None
    takes_file: bool = False
    located: bool = False
    paged: tuple[str, ...] = ()
    cursor: dict = CURSOR
    filters: MappingProxyType = MappingProxyType({})
    problems: tuple[int, ...] = ()
    access: str = BEARER

    @property
    def is_change(self):
        return self.method not in SAFE


def operation(method, path, summary, problems=(), **facts):
    """Register a view as the operation for *method* at *path*, and list it among the OPERATIONS."""
    # What administrators alone find is not there for others.
    if "{" in path or f"/api{path}".startswith(ADMIN):
        problems = sorted({404, *problems})

    def register(view):
        resource = view.__module__.rpartition(".")[2]
        name = f"{resource}_{view.__name__}"
        OPERATIONS[f"api.{name}"] = Operation(
            resource, f"/api{path}", method, summary, name, problems=problems, **facts
        )
        bp.add_url_rule(path.replace("{", "<").replace("}", ">"), name, view, methods=[method])
        return view

    return register


def show_refusal(error, status=409):
    """What the models refuse, as a problem."""
    return problem(status, REFUSALS[type(error)])


for refusal in REFUSALS:
    bp.register_error_handler(refusal, show_refusal)


@bp.before_request
def identify():
    """Identify the caller of every operation by its token, or by password if the operation says so."""
    # Cookies do not sign anybody in here, not even for the language of the response.
    g._login_user = login_manager.anonymous_user()
    is_basic = OPERATIONS[request.endpoint].access == BASIC
    g._login_user, g.token = _by_password() if is_basic else _by_token()
    g.caller = g._login_user
    if is_hidden_from(g.caller):
        abort(problem(404, "There is nothing here."))
    if g.token:
        if g.token.read_only and OPERATIONS[request.endpoint].is_change:
            abort(problem(403, "This token can only read."))
        g.token.note_use()
    if second_factor.is_missing(g.caller):
        place = url_for("second_factor.show", _external=True)
        abort(problem(403, f"This site asks you for a second factor. Set it up first: {place}"))


# Now that the caller is known.
bp.before_request(rate_limits.limit_changes)


@bp.after_request
def let_be_kept(response):
    """Let a client cache a response for itself alone, and only with revalidation by its ETag."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.direct_passthrough:
        response.add_etag()
        response.make_conditional(request)
    return response


def _by_token():
    """The user and the token of the request; 401 if there is no valid one."""
    given = request.authorization
    token = Token.from_secret(given.token) if given and given.type == "bearer" and given.token else None
    if token is None or is_shut_out(token.user):
        headers = {"WWW-Authenticate": "Bearer"}
        abort(problem(401, "Send a valid token: Authorization: Bearer …", headers))
    return token.user, token


@rate_limits.sign_in
def _by_password():
    """
    The user whose name and password the request gives, and None for the token.

    401 if name or password are wrong, or the user may not sign in.
    """
    given = request.authorization
    if given and given.type == "basic" and given.username and given.password:
        with suppress(WrongPassword, Suspended, DemoShutOut):
            user = authenticate(given.username, given.password, door="api")
            _check_code(user)
            security_log.record("sign-in", user, door="api")
            return user, None
    return abort(ask_for_password())


def _check_code(user):
    """Answer 401 if *user* has a second factor and the body's ``otp`` is no code of it."""
    if SecondFactor.of(user) is None:
        return
    code = given_object().get("otp")
    try:
        if not isinstance(code, str):
            raise WrongCode
        second_factor.check(user, code, door="api")
    except WrongCode:
        abort(_unauthorized("You have a second factor: send a code that was not used before as `otp`."))


@bp.errorhandler(CredentialsChanged)
def ask_for_password(_error=None):
    """401: wrong, missing, or not valid any more."""
    return _unauthorized("Send your username and password by HTTP basic authentication.")


def _unauthorized(text):
    return problem(401, text, {"WWW-Authenticate": 'Basic realm="Microblog", charset="UTF-8"'})
