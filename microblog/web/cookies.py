"""Our own cookies besides the session's: out of reach of scripts and of other sites."""

from flask import current_app


def keep(response, name, value, lifetime):
    """Let the browser keep *value* for *lifetime*, a timedelta."""
    https = current_app.config["SETTINGS"].https
    response.set_cookie(name, value, max_age=lifetime, secure=https, httponly=True, samesite="Lax")
