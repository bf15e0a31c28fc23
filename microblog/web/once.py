"""
Forms that do their work once: a page that answers one is not to do it again when it is reloaded.

For answers that show a secret: after a redirect the secret would have to be kept somewhere.
"""

import secrets

from flask import request, session

# Somebody who goes back through several answers reloads the earlier ones too.
REMEMBERED = 20
MARK_LENGTH = 16


def new_mark():
    """What a form sends along as ``once``, another one for each page; it need not be kept secret."""
    return secrets.token_urlsafe(MARK_LENGTH * 3 // 4)


def is_done():
    """Whether this browser's form has done its work already; never of one that sends no mark."""
    return _mark() in session.get("once", [])


def note_done():
    """Remember in the session that the form of this request has done its work."""
    if _mark():
        session["once"] = [*session.get("once", []), _mark()][-REMEMBERED:]


def _mark():
    return request.form.get("once", "")[:MARK_LENGTH]
