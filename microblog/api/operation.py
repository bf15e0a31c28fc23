"""An operation: its path, who may call it, and what the OpenAPI document says about it, in one place."""

from typing import NamedTuple

from flask import Blueprint, current_app, g, request

from microblog.api import access
from microblog.api.paging import CURSOR
from microblog.web import rate_limits
from microblog.web.auth import login_manager

bp = Blueprint("api", __name__, url_prefix="/api")
BEARER, BASIC = "bearer", "basic"
rate_limits.programs(bp)


class Operation(NamedTuple):
    """
    *response* is the schema of the response with *status*, None if it is empty; *body* that of the request.

    *located*: the response's ``Location`` leads to what was created. *paged*: how a list is ordered,
    ``newest first`` or ``oldest first``, with ids of the schema *cursor*. *problems*: the error statuses
    besides those that all operations have.
    """

    summary: str
    response: dict | None = None
    status: int = 200
    body: dict | None = None
    located: bool = False
    paged: str | None = None
    cursor: dict = CURSOR
    problems: tuple[int, ...] = ()
    access: str = BEARER


def operation(method, path, summary, **facts):
    """Register a view as the operation for *method* at *path*, and attach its description to it."""

    def register(view):
        view.operation = Operation(summary, **facts)
        resource = view.__module__.rpartition(".")[2]
        bp.add_url_rule(path, f"{resource}_{view.__name__}", view, methods=[method])
        return view

    return register


@bp.before_request
def identify():
    """Identify the caller of every operation by its token, or by password if the operation says so."""
    # Cookies do not sign anybody in here, not even for the language of the response.
    g._login_user = login_manager.anonymous_user()
    view = current_app.view_functions[request.endpoint]
    check = access.by_password if view.operation.access == BASIC else access.by_token
    g._login_user, g.token = check()
    g.caller = g._login_user


@bp.after_request
def let_be_kept(response):
    """Let a client cache a response for itself alone, and only with revalidation by its ETag."""
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.add("Authorization")
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.direct_passthrough:
        response.add_etag()
        response.make_conditional(request)
    return response
