"""Redirects that never lead to another site, and that leave behind addresses which hold a secret."""

from flask import redirect, request, url_for


def back(endpoint, **values):
    """A redirect to the page that the form or the address names in ``next``, else to *endpoint*."""
    return redirect(safe_path(request.values.get("next")) or url_for(endpoint, **values))


def safe_path(target):
    """*target* if it is a path of this site, else None; browsers read a backslash as a slash."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return None if any(ord(character) < 0x21 or character == "\\" for character in target) else target


def onwards(path, code):
    """A redirect of *code* to *path* with the query of this request."""
    query = request.query_string.decode("ascii", errors="ignore")
    return redirect(f"{path}?{query}" if query else path, code)


def away_from_token(endpoint):
    """
    A redirect to *endpoint* from a link whose address holds a token, once that is kept in the session.

    From the address the token would get into histories and logs.
    """
    response = redirect(url_for(endpoint))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
