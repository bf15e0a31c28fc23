"""Who may see which page, and what search engines may keep."""

from flask import abort, current_app, request
from flask_login import current_user

from microblog.web.auth import login_manager

# Blueprints and endpoints that people need before they are signed in, or that ask by themselves who it is.
OPEN = {
    "api",
    "api_document",
    "email_changes.edit",
    "email_changes.open_link",
    "email_changes.update",
    "health",
    "metrics",
    "notifications",
    "password_reset",
    "posts.index",
    "posts.newer",
    "preferences",
    "robots",
    "second_step",
    "sign_in.login",
    "sign_in.register",
    "sign_in.setup",
    "site",
    "static",
    "usual_paths",
}
# What members write, for everybody to read unless the site is for members only.
READABLE = {"feeds", "posts.explore", "posts.show", "previews", "search", "tags", "users.popup", "users.show"}
# What only administrators find, by browser and by program.
ADMIN = ("/admin", "/api/admin")
INDEXED = {"posts.explore", "posts.index", "posts.show", "site.about", "users.show"}
ALLOW_PAGES = "User-agent: *\nDisallow: /auth/\nDisallow: /search\nDisallow: /settings\n"
ALLOW_NOTHING = "User-agent: *\nDisallow: /\n"


def init_app(app):
    app.before_request(ask_who_is_there)
    app.after_request(tell_search_engines)
    app.add_url_rule("/robots.txt", "robots", robots)


def ask_who_is_there():
    """Let only members in, except to pages named above; hide ``/admin`` from all but administrators."""
    opened = OPEN | READABLE if current_app.config["PUBLIC"] else OPEN
    if request.endpoint is None or not opened.isdisjoint((request.blueprint, request.endpoint)):
        return None
    if not current_user.is_authenticated:
        return login_manager.unauthorized()
    if is_hidden_from(current_user):
        abort(404)
    return None


def is_hidden_from(user):
    """Whether the requested page is there, but for administrators only, which *user* is not."""
    return request.url_rule is not None and request.url_rule.rule.startswith(ADMIN) and not user.is_admin


def tell_search_engines(response):
    """Let them index posts and profiles, but no second URL of the same page, such as one with a cursor."""
    public = current_app.config["PUBLIC"] and request.endpoint in INDEXED
    if not (public and response.status_code == 200 and not request.args):
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def robots():
    rules = ALLOW_PAGES if current_app.config["PUBLIC"] else ALLOW_NOTHING
    return current_app.response_class(rules, mimetype="text/plain")
