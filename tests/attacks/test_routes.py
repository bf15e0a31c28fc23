"""
Every route, and what it answers to four visitors; a route that is not in the table fails the tests.

``login`` is a redirect to the sign-in page. If a row requests something of susan's, she is its owner, john
another member, and mary the administrator.
"""

import functools
import re
from itertools import product

import pytest

from microblog.base import clock
from microblog.base.database import db
from microblog.models import Block, User
from microblog.views.usual_paths import LEADS
from microblog.web.headers import HEADERS
from tests.apps import changes
from tests.conftest import PASSWORD

VISITORS = ("nobody", "john", "susan", "mary")
TABLE = """
GET    /                                          200    200    200    200
POST   /                                          401    302    302    302
GET    /.well-known/change-password               302    302    302    302
GET    /about                                     200    200    200    200
GET    /account                                   308    308    308    308
GET    /account/confirm                           login  200    200    200
POST   /account/confirm                           login  302    302    302
GET    /account/confirm_email                     410    410    410    410
POST   /account/confirm_email                     410    410    410    410
POST   /account/confirm_email/send                login  302    302    302
GET    /account/delete                            login  200    200    200
POST   /account/delete                            login  422    422    422
GET    /account/email                             login  200    200    200
POST   /account/email                             login  422    422    422
GET    /account/email/<token>                     302    302    302    302
GET    /account/password                          login  200    200    200
POST   /account/password                          login  422    422    422
GET    /account/posts/delete                      login  200    200    200
POST   /account/posts/delete                      login  302    302    302
POST   /account/posts/<uuid:task_id>/undo         login  404    409    404
GET    /account/second_factor                     login  200    200    200
POST   /account/second_factor                     login  422    422    422
POST   /account/second_factor/codes               login  409    409    409
POST   /account/second_factor/delete              login  409    409    409
POST   /account/sessions/<row_id:session_id>/end  login  404    302    404
POST   /account/sessions/end_others               login  302    302    302
GET    /account/tokens                            308    308    308    308
POST   /account/tokens                            login  201    201    201
POST   /account/tokens/<row_id:token_id>/delete   login  404    302    404
GET    /admin                                     login  404    404    302
POST   /admin/demo                                login  404    404    302
GET    /admin/demo/delete                         login  404    404    200
POST   /admin/demo/delete                         login  404    404    302
GET    /admin/invites                             login  404    404    200
POST   /admin/invites                             login  404    404    200
POST   /admin/invites/<row_id:invite_id>/delete   login  404    404    302
GET    /admin/outbox                              login  404    404    200
GET    /admin/outbox/<mail_id>                  login  404    404    200
GET    /admin/outbox/<mail_id>/download         login  404    404    200
GET    /admin/reports                             login  404    404    200
POST   /admin/reports/<row_id:post_id>/done       login  404    404    302
GET    /admin/security                            login  404    404    200
GET    /admin/site                                login  404    404    200
POST   /admin/site                                login  404    404    302
GET    /admin/tasks                               login  404    404    200
GET    /admin/tasks/<uuid:task_id>                login  404    404    200
POST   /admin/tasks/<uuid:task_id>/cancel         login  404    404    302
POST   /admin/tasks/<uuid:task_id>/retry          login  404    404    409
GET    /admin/tasks/all                           login  404    404    200
GET    /admin/tasks/failures                      login  404    404    404
POST   /admin/tasks/failures/discard              login  404    404    302
POST   /admin/tasks/failures/retry                login  404    404    302
GET    /admin/tasks/figures                       login  404    404    200
POST   /admin/tasks/hold                          login  404    404    302
POST   /admin/tasks/hold/delete                   login  404    404    302
GET    /admin/tasks/nightly                       login  404    404    200
POST   /admin/tasks/nightly                       login  404    404    302
GET    /admin/users                               login  404    404    200
GET    /admin/users/<username>/delete             login  404    404    200
POST   /admin/users/<username>/delete             login  404    404    302
POST   /admin/users/<username>/restore            login  404    404    302
POST   /admin/users/<username>/sign_out           login  404    404    302
POST   /admin/users/<username>/suspend            login  404    404    302
GET    /api                                       302    302    302    302
GET    /api/admin/figures                         401    404    404    200
GET    /api/admin/nightly                         401    404    404    200
POST   /api/admin/nightly                         401    404    404    202
GET    /api/admin/tasks                           401    404    404    200
GET    /api/admin/tasks/<task_id>                 401    404    404    200
POST   /api/admin/tasks/<task_id>/cancel          401    404    404    200
POST   /api/admin/tasks/<task_id>/retry           401    404    404    409
GET    /api/admin/work                            401    404    404    200
POST   /api/admin/work/failures/discard           401    404    404    200
POST   /api/admin/work/failures/retry             401    404    404    200
DELETE /api/admin/work/hold                       401    404    404    204
PUT    /api/admin/work/hold                       401    404    404    204
GET    /api/docs                                  200    200    200    200
POST   /api/exports                               401    202    202    202
GET    /api/exports/<task_id>                     401    404    200    404
POST   /api/exports/<task_id>/cancel              401    404    200    404
GET    /api/exports/<task_id>/archive             401    404    200    404
DELETE /api/exports/<task_id>/file                401    404    204    404
GET    /api/exports/<task_id>/file                401    404    200    404
POST   /api/imports                               401    202    202    202
GET    /api/imports/<import_id>                   401    404    200    404
POST   /api/imports/<import_id>/cancel            401    404    200    404
POST   /api/imports/<import_id>/confirm           401    404    409    404
POST   /api/imports/<import_id>/undo              401    404    409    404
GET    /api/messages                              401    200    200    200
POST   /api/messages                              401    201    201    201
PUT    /api/messages/<message_id>/read            401    404    404    204
GET    /api/messages/sent                         401    200    200    200
GET    /api/news                                  401    200    200    200
PUT    /api/news/<news_id>/read                   401    404    204    404
GET    /api/notifications                         401    200    200    200
GET    /api/openapi.json                          200    200    200    200
GET    /api/people                                401    200    200    200
GET    /api/posts                                 401    200    200    200
POST   /api/posts                                 401    201    201    201
DELETE /api/posts/<post_id>                       401    403    204    403
GET    /api/posts/<post_id>                       401    200    200    200
GET    /api/tags/<word>                           401    200    200    200
DELETE /api/posts/<post_id>/like                  401    204    204    204
PUT    /api/posts/<post_id>/like                  401    204    409    204
GET    /api/tasks                                 401    200    200    200
GET    /api/tasks/<task_id>                       401    404    200    404
POST   /api/tasks/<task_id>/cancel                401    404    200    404
POST   /api/tasks/<task_id>/retry                 401    404    409    404
GET    /api/threads                               401    200    200    200
GET    /api/timeline                              401    200    200    200
DELETE /api/tokens                                401    204    204    204
GET    /api/tokens                                401    200    200    200
POST   /api/tokens                                401    401    401    401
DELETE /api/tokens/<token_id>                     401    404    204    404
GET    /api/users                                 401    200    200    200
GET    /api/users/<user>                          401    200    200    200
GET    /api/users/<user>/followers                401    200    200    200
GET    /api/users/<user>/following                401    200    200    200
DELETE /api/users/<user>/messages                 401    204    204    204
GET    /api/users/<user>/messages                 401    200    200    200
GET    /api/users/<user>/posts                    401    200    200    200
PUT    /api/users/me                              401    200    200    200
DELETE /api/users/me/following/<user>             401    204    204    204
PUT    /api/users/me/following/<user>             401    204    409    204
GET    /apple-touch-icon.png                      302    302    302    302
GET    /archives                                  login  200    200    200
POST   /archives                                  login  302    302    302
GET    /auth/login                                200    302    302    302
POST   /auth/login                                422    302    302    302
POST   /auth/logout                               login  login  login  login
GET    /auth/register                             200    302    302    302
POST   /auth/register                             422    302    302    302
GET    /auth/reset_password                       410    410    410    410
POST   /auth/reset_password                       410    410    410    410
GET    /auth/reset_password/<token>               302    302    302    302
POST   /auth/reset_password/<token>               410    410    410    410
GET    /auth/reset_password_request               200    200    200    200
POST   /auth/reset_password_request               302    302    302    302
GET    /auth/reset_password_request/sent          200    200    200    200
GET    /auth/second_factor                        login  login  login  login
POST   /auth/second_factor                        login  login  login  login
GET    /block/<username>                          login  200    409    200
POST   /block/<username>                          login  302    409    302
GET    /blocks                                    308    308    308    308
GET    /edit_profile                              308    308    308    308
POST   /edit_profile                              login  302    302    302
GET    /explore                                   200    200    200    200
GET    /export_posts                              login  200    200    200
POST   /export_posts                              login  302    302    302
GET    /favicon.ico                               302    302    302    302
GET    /feed                                      308    308    308    308
GET    /feed.<any:kind>                           200    200    200    200
POST   /follow/<username>                         login  302    302    302
GET    /imports                                   login  200    200    200
POST   /imports                                   login  302    302    302
GET    /imports/<row_id:import_id>                login  404    200    404
POST   /imports/<row_id:import_id>/cancel         login  404    302    404
POST   /imports/<row_id:import_id>/confirm        login  404    409    404
GET    /imports/<row_id:import_id>/report.csv     login  404    404    404
POST   /imports/<row_id:import_id>/undo           login  404    409    409
GET    /index                                     308    308    308    308
GET    /invitations                               login  200    200    200
POST   /invitations                               login  409    409    409
POST   /invitations/<row_id:invite_id>/delete     login  404    404    302
GET    /keys                                      200    200    200    200
GET    /livez                                     200    200    200    200
GET    /manifest.webmanifest                      200    200    200    200
GET    /messages                                  login  200    200    200
GET    /messages/<username>                       login  200    200    200
GET    /messages/<username>/delete                login  404    404    200
POST   /messages/<username>/delete                login  302    302    302
POST   /messages/<username>/read                  login  302    302    302
GET    /metrics                                   404    404    404    404
GET    /news                                      login  200    200    200
POST   /news/read                                 login  302    302    302
GET    /newer                                     401    200    200    200
GET    /notifications                             401    200    200    200
GET    /people                                    login  200    200    200
GET    /post/<row_id:post_id>                     200    200    200    200
GET    /post/<row_id:post_id>/delete              login  403    200    200
POST   /post/<row_id:post_id>/delete              login  403    302    302
POST   /post/<row_id:post_id>/like                login  302    302    302
GET    /post/<row_id:post_id>/report              login  200    409    200
POST   /post/<row_id:post_id>/report              login  302    409    302
POST   /post/<row_id:post_id>/undo                login  302    302    302
POST   /post/<row_id:post_id>/unlike              login  302    302    302
GET    /preferences                               308    308    308    308
POST   /preferences                               302    302    302    302
GET    /preview.png                               200    200    200    200
GET    /readyz                                    200    200    200    200
GET    /robots.txt                                200    200    200    200
GET    /search                                    200    200    200    200
GET    /send_message/<recipient>                  login  302    302    302
POST   /send_message/<recipient>                  401    302    302    302
GET    /settings                                  302    302    302    302
GET    /settings/account                          login  200    200    200
GET    /settings/blocked                          login  200    200    200
GET    /settings/preferences                      200    200    200    200
GET    /settings/profile                          login  200    200    200
GET    /settings/programs                         login  200    200    200
GET    /setup                                     login  login  login  login
POST   /setup                                     login  login  login  login
GET    /static/<version>/<path:filename>          200    200    200    200
GET    /tag/<word>                                200    200    200    200
GET    /tag/<word>/feed                           308    308    308    308
GET    /tag/<word>/feed.<any:kind>                200    200    200    200
GET    /tasks                                     login  200    200    200
GET    /tasks/<uuid:task_id>                      login  404    200    404
GET    /tasks/<uuid:task_id>/archive              login  404    200    404
POST   /tasks/<uuid:task_id>/cancel               login  404    302    404
GET    /tasks/<uuid:task_id>/card                 login  404    200    404
POST   /tasks/<uuid:task_id>/delete               login  404    302    404
POST   /tasks/<uuid:task_id>/dismiss              login  404    302    404
GET    /tasks/<uuid:task_id>/download             login  404    200    404
POST   /tasks/<uuid:task_id>/retry                login  404    409    404
POST   /unblock/<username>                        login  302    409    302
POST   /unfollow/<username>                       login  302    302    302
GET    /user/<username>                           200    200    200    200
GET    /user/<username>/feed                      308    308    308    308
GET    /user/<username>/feed.<any:kind>           200    200    200    200
GET    /user/<username>/followers                 login  200    200    200
GET    /user/<username>/following                 login  200    200    200
GET    /user/<username>/preview.png               200    200    200    200
GET    /user/<username>/popup                     200    200    200    200
POST   /welcome/close                             login  302    302    302
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
PAGES = [route for method, route, *_ in ROWS if method == "GET"]
ACTS = [(method, route) for method, route, *_ in ROWS if method != "GET" and "/api" not in route]
# What a form needs to be accepted.
FIELDS = {
    "POST /": {"post": "hello"},
    "POST /admin/reports/<row_id:post_id>/done": {"newest": "9"},
    "POST /send_message/<recipient>": {"message": "hello"},
    "POST /messages/<username>/delete": {"newest": "9"},
    "POST /messages/<username>/read": {"newest": "9"},
    "POST /news/read": {"oldest": "1", "newest": "9"},
    "POST /preferences": {"theme": "dark"},
    "POST /edit_profile": {"username": "somebody_new"},
    "POST /auth/login": {"username": "john", "password": "wrong"},
    "POST /api/admin/work/failures/discard": {"name": "example", "error": "broken"},
    "POST /api/admin/work/failures/retry": {"name": "example", "error": "broken"},
    "POST /api/posts": {"body": "hello"},
    "POST /api/messages": {"recipient": "susan", "body": "hello"},
    "PUT /api/users/me": {"username": "somebody_new", "about_me": "new"},
    "POST /account/tokens": {"name": "a program"},
    "POST /auth/reset_password_request": {"email": "x@example.org"},
}
NEW_PASSWORD = {"password": "battery staple", "password2": "battery staple"}
# The same for acts that the table's requests must not carry out.
GRAVE = {
    "POST /account/delete": {"current_password": PASSWORD},
    "POST /account/email": {"email": "new@example.org", "current_password": PASSWORD},
    "POST /account/password": {"current_password": PASSWORD, **NEW_PASSWORD},
    "POST /auth/register": {"username": "new_one", "email": "new@example.org", **NEW_PASSWORD},
}
# A GET may change nothing in the database, except when somebody was last seen.
SEEN = {("session", "seen_at"), ("user", "seen_at"), ("token", "used_at")}


@pytest.mark.asvs("8.1.1")
def test_the_table_names_every_route(site):
    named = [(method, route) for method, route, *_ in ROWS]

    assert set(rules(site.app)) - set(named) == set()
    assert sorted(rules(site.app)) == sorted(named)


@pytest.mark.asvs("8.2.1", "8.3.1")
def test_each_visitor_gets_what_the_table_says(site):
    def check(method, route, *expected):
        got = [outcome(ask(site.restore(), visitor, method, route)) for visitor in VISITORS]

        assert dict(zip(VISITORS, got, strict=True)) == dict(zip(VISITORS, expected, strict=True))

    check_all(site, ROWS, check)


def test_a_slash_too_many_leads_to_the_page(site):
    def check(route):
        path = address(site, route)
        for slashes in ("/", "//"):
            for query in ("", "?before=%31&x=%C3%A9"):
                response = ask(site, "nobody", "GET", f"{route}{slashes}{query}")

                assert (response.status_code, response.location) == (308, path + query)

    # What is asked for there is a file, whatever its name.
    routes = [route for route in PAGES if route != "/" and "<path:" not in route]
    check_all(site, [(route,) for route in routes], check)


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//evil.example/",
        "///evil.example//",
        "/\\evil.example/",
        "/%2F%2Fevil.example/",
        "/x/",
        "/auth/logout/",
        "//evil.example/explore/",
        "/post/x/",
        "/%0d%0aa:b/",
    ],
)
def test_a_slash_too_many_leads_to_no_other_site(site, path):
    response = site.app.test_client().get(path)

    location = response.location or "/"
    assert response.status_code in (308, 400, 404)
    assert location.startswith(("/", "http://localhost/"))
    assert not location.startswith("//")
    assert "evil" not in location


def test_usual_addresses_lead_to_what_is_there(site):
    def check(path, there):
        response = site.browsers["susan"].get(path, follow_redirects=True, buffered=True)

        assert (response.status_code, response.request.path) == (200, there or response.request.path)
        assert there or response.mimetype == "image/png"

    usual = {
        "/index": "/",
        "/index/?text=tea": "/",
        "/feed": "/feed.atom",
        "/feed/": "/feed.atom",
        "/user/susan/feed/": "/user/susan/feed.atom",
        "/tag/tea/feed": "/tag/tea/feed.atom",
        "/.well-known/change-password": "/account/password",
        "/settings": "/settings/profile",
        "/edit_profile": "/settings/profile",
        "/account": "/settings/account",
        "/account/tokens/": "/settings/programs",
        "/blocks": "/settings/blocked",
        "/preferences": "/settings/preferences",
        "/favicon.ico": None,
        "/apple-touch-icon.png": None,
    }
    check_all(site, usual.items(), check)
    filled = {address(site, path) for path in LEADS}
    assert filled <= {path.partition("?")[0].rstrip("/") for path in usual}


@pytest.mark.asvs("3.5.3")
def test_asking_for_a_page_changes_no_row(site):
    fresh = rows()

    def check(visitor, page):
        before = changes()

        ask(site, visitor, "GET", page)

        # Nearly all leave nothing to look for.
        assert changes() == before or rows() == fresh

    check_all(site, product(VISITORS, PAGES), check)


@pytest.mark.asvs("3.5.1")
def test_every_act_needs_the_token_of_a_form(site):
    fresh = rows()

    def check(method, route):
        before = changes()
        complete = (FIELDS | GRAVE).get(f"{method} {route}", {})

        response = site.browsers["susan"].open(address(site, route), method=method, data=complete)

        assert response.status_code == 400
        assert changes() == before or rows() == fresh

    check_all(site, ACTS, check)


@pytest.mark.asvs("3.5.2")
def test_no_act_is_begun_by_another_site(site):
    fresh = rows()

    def check(method, route):
        before = changes()

        response = ask(site, "susan", method, route, headers={"Sec-Fetch-Site": "cross-site"})

        assert response.status_code == 403
        assert changes() == before or rows() == fresh

    check_all(site, ACTS, check)


@pytest.mark.asvs("3.2.1", "3.4.2", "4.1.1")
def test_every_answer_carries_the_headers(site):
    def check(visitor, method, route):
        response = ask(site, visitor, method, route)

        for name, value in HEADERS.items():
            # It is stricter where a token was in the URL.
            assert response.headers[name] in (value, "no-referrer")
        assert "Access-Control-Allow-Origin" not in response.headers
        if response.data and response.mimetype.startswith(
            ("text/", "application/xml")
        ) | response.mimetype.endswith("+xml"):
            assert response.mimetype_params["charset"] == "utf-8"
        assert response.mimetype or not response.data

    visitors = ("nobody", "susan", "mary")
    check_all(site, [(visitor, *row[:2]) for visitor in visitors for row in ROWS], check)


def test_a_post_that_is_hidden_is_one_that_was_never_written(site):
    """Whatever its address takes, the answer tells nobody that there is such a post."""
    hidings = {
        "a block": lambda: Block.add(site.susan, site.john),
        "a suspension": lambda: User.update(suspended_at=clock.now()).where(User.id == site.susan).execute(),
    }

    def check(hide, method, route):
        hidings[hide]()

        assert ask(site, "john", method, route).status_code == 404

    routes = [(method, route) for method, route, *_ in ROWS if "post_id" in route]
    assert len(routes) >= 5
    check_all(site, [(hide, *route) for hide, route in product(hidings, routes)], check)


def test_a_miss_does_not_hide_the_next(site):
    def check(divisor):
        assert 4 / divisor == 2

    with pytest.raises(pytest.fail.Exception) as caught:
        check_all(site, [(2,), (0,), (1,)], check)

    assert "(0,): ZeroDivisionError" in str(caught.value)
    assert "(1,): AssertionError" in str(caught.value)
    assert "(2,)" not in str(caught.value)


def check_all(site, cases, check):
    """Call *check* with each of *cases*, on a fresh site if one is given; fail with all that it raised."""
    misses = []
    for case in cases:
        if site:
            site.restore()
        try:
            check(*case)
        except Exception as error:
            misses.append(f"{case}: {type(error).__name__}: {error}")
    if misses:
        pytest.fail("\n".join(misses), pytrace=False)


def rows():
    """All rows of all tables that anything but migrations writes, except when somebody was last seen."""
    return {table: db.execute_sql(query).fetchall() for table, query in _queries().items()}


@functools.cache
def _queries():
    queries = {}
    tables = db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'folded_sign'")
    for (table,) in tables.fetchall():
        names = [name for name, *_ in db.execute_sql(f'SELECT * FROM "{table}" LIMIT 0').description]
        kept = ", ".join(f'"{name}"' for name in names if (table, name) not in SEEN)
        queries[table] = f'SELECT {kept} FROM "{table}"'
    return queries


def rules(app, some=None):
    """The method and the rule of each route, or of *some* rules, as the table writes them."""
    for rule in some or app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, re.sub(r"\([^)]*\)", "", rule.rule)


def address(site, route, owner="susan"):
    """The path of *route*, filled with what is the *owner*'s."""
    theirs = site.of[owner]
    filling = {
        "username": owner,
        "recipient": owner,
        "user": owner,
        "post_id": theirs.post.id,
        "task_id": theirs.task.id,
        "import_id": theirs.looked_at.id,
        "session_id": theirs.session.id,
        "invite_id": site.invite_id,
        "mail_id": theirs.mail.id,
        "token": "wrong",
        "word": "tea",
        "kind": "atom",
        "version": "0",
        "filename": "icon.svg",
        "message_id": theirs.message.id,
        "news_id": theirs.news.id,
        "token_id": theirs.token.id,
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(filling[found[1]]), route)


def ask(site, visitor, method, route, **options):
    """Send *visitor*'s request for *route*, with its form; a program sends a token."""
    browser = site.visitors[visitor]
    if route.startswith("/api"):
        browser = site.app.test_client()
        if secret := site.secrets.get(visitor):
            options.setdefault("headers", {})["Authorization"] = f"Bearer {secret}"
        if method not in ("GET", "DELETE"):
            options["json"] = FIELDS.get(f"{method} {route}", {})
    elif method != "GET":
        fields = FIELDS.get(f"{method} {route}", {})
        options["data"] = {"csrf_token": browser.csrf_token, **fields}
    return browser.open(address(site, route), method=method, buffered=True, **options)


def outcome(response):
    location = response.location or ""
    return "login" if location.startswith("/auth/login") else str(response.status_code)
