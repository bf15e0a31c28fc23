"""
Who may keep an answer: decided by the answer itself, after everything else that happens to it.

A few endpoints answer everybody alike. There no cookie is looked at: nobody is signed in, and none is set.
Whatever else sets a cookie, reports an error or was drawn for a signed-in person, no cache may keep.
"""

from flask import current_app, g, request

from microblog.security.signatures import SignedCookie

# Blueprints and endpoints.
WITHOUT_DATABASE = {"health", "robots", "static"}
FOR_EVERYBODY = WITHOUT_DATABASE | {"api_document.openapi", "site.manifest"}
# On a members-only site these are for members.
FOR_EVERYBODY_IF_PUBLIC = {"feeds", "previews"}


def init_app(app):
    app.session_interface = CookieThenCaching()


def for_everybody():
    """Whether the answer to this request, or the error in its place, is the same whoever asks."""
    named = FOR_EVERYBODY | FOR_EVERYBODY_IF_PUBLIC if current_app.config["PUBLIC"] else FOR_EVERYBODY
    return _is_among(named)


def without_database():
    """Whether this request is answered without a connection, or by a view that opens one itself."""
    return _is_among(WITHOUT_DATABASE)


def _is_among(named):
    return not named.isdisjoint((request.blueprint, request.endpoint))


class CookieThenCaching(SignedCookie):
    """Saving the session is the last thing that Flask does to a response; only then its cookies are known."""

    def save_session(self, app, session, response):
        if not for_everybody():
            super().save_session(app, session, response)
        if "Set-Cookie" in response.headers or response.status_code >= 400 or _drawn_for_somebody():
            # What a signed-in person saw must not come back by the back button after sign-out either.
            response.headers["Cache-Control"] = "private, no-store"
        elif not response.cache_control.public:
            response.cache_control.private = True


def _drawn_for_somebody():
    """Whether a page's reader is signed in; a program's response says itself how to keep it."""
    return "_login_user" in g and g._login_user.is_authenticated and request.blueprint != "api"
