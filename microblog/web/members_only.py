"""Who may read what members write, everybody or members only, and what search engines may keep."""

from flask import current_app, request
from flask_login import current_user

from microblog.web.auth import login_manager

# Pages that check the user themselves, or that people need before they are signed in.
OPEN_BLUEPRINTS = {
    "account",
    "api",
    "api_document",
    "email_changes",
    "health",
    "notifications",
    "password_change",
    "password_reset",
    "preferences",
    "sign_in",
}
OPEN_ENDPOINTS = {"static", "robots", "posts.index", "posts.newer"}
INDEXED = {"posts.explore", "posts.show", "users.show"}
ALLOW_PAGES = "User-agent: *\nDisallow: /auth/\nDisallow: /search\nDisallow: /preferences\n"
ALLOW_NOTHING = "User-agent: *\nDisallow: /\n"


def init_app(app):
    app.before_request(ask_who_is_there)
    app.after_request(tell_search_engines)
    app.add_url_rule("/robots.txt", "robots", robots)


def ask_who_is_there():
    """On a members-only site, send everybody else to sign in; pages not named above are closed."""
    is_open = request.blueprint in OPEN_BLUEPRINTS or request.endpoint in OPEN_ENDPOINTS
    if current_app.config["PUBLIC"] or is_open or request.endpoint is None:
        return None
    return None if current_user.is_authenticated else login_manager.unauthorized()


def tell_search_engines(response):
    """Let them index posts and profiles, but no second URL of the same page, such as one with a cursor."""
    public = current_app.config["PUBLIC"] and request.endpoint in INDEXED
    if not (public and response.status_code == 200 and not request.args):
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def robots():
    rules = ALLOW_PAGES if current_app.config["PUBLIC"] else ALLOW_NOTHING
    return current_app.response_class(rules, mimetype="text/plain")
