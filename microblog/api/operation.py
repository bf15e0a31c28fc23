"""An operation: its address, who may ask, and what the OpenAPI document says of it, in one place."""

from typing import NamedTuple

from flask import Blueprint, current_app, g, request

from microblog.api import access
from microblog.api.paging import CURSOR
from microblog.auth import login_manager
from microblog.security import rate_limits

bp = Blueprint("api", __name__, url_prefix="/api")
BEARER, BASIC = "bearer", "basic"
rate_limits.programs(bp)


class Operation(NamedTuple):
    """
    *response* is the schema of what comes back with *status*, None for nothing; *body* that of what is sent.

    *located* tells that the answer's ``Location`` leads to what was made. *paged* tells how a list is read
    on, ``newest first`` or ``oldest first``, by ids that look as *cursor* says; *problems* which errors there
    are besides those that each operation has.
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
    media_type: str = "application/json"


def operation(method, path, summary, **facts):
    """Make a view the operation that answers to *method* at *path*, and remember what it is."""

    def register(view):
        view.operation = Operation(summary, **facts)
        resource = view.__module__.rpartition(".")[2]
        bp.add_url_rule(path, f"{resource}_{view.__name__}", view, methods=[method])
        return view

    return register


@bp.before_request
def identify():
    """Let in who may ask; there is no way around it but that an operation says so."""
    # Nobody is signed in by a cookie here, not even for the language of what is answered.
    g._login_user = login_manager.anonymous_user()
    view = current_app.view_functions[request.endpoint]
    check = access.by_password if view.operation.access == BASIC else access.by_token
    g._login_user, g.token = check()
    g.caller = g._login_user


@bp.after_request
def let_be_kept(response):
    """An answer may be kept, and asked after by its ETag; it is never used unasked, nor for somebody else."""
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.add("Authorization")
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.direct_passthrough:
        response.add_etag()
        response.make_conditional(request)
    return response
