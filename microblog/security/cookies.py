"""Cookies of ours, beside those of the session: out of reach for scripts and for other sites."""

from flask import current_app


def keep(response, name, value, lifetime):
    """Let the browser keep *value* for *lifetime*, a timedelta."""
    https = current_app.config["SETTINGS"].https
    response.set_cookie(name, value, max_age=lifetime, secure=https, httponly=True, samesite="Lax")
