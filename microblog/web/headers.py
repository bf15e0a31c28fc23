"""Security headers on every response, errors and downloads too."""

from flask import current_app, request
from flask_login import current_user

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
TWO_YEARS_S = 2 * 365 * 24 * 3600


def init_app(app):
    @app.after_request
    def add_headers(response):
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if current_app.config["SETTINGS"].https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS_S}")
        if request.endpoint != "static":
            _keep_to_the_reader(response)
        return response


def _keep_to_the_reader(response):
    """Keep shared caches from storing what was rendered for one reader."""
    if "Cache-Control" not in response.headers:
        # What a signed-in person saw must not come back by the back button after sign-out.
        response.cache_control.no_store = current_user.is_authenticated
        response.cache_control.private = True
    elif current_user.is_authenticated and not response.cache_control.public:
        response.cache_control.private = True
