"""
Links to people, drawn from the username alone.

Those to the latest thousand names are kept, because a page of posts has 25, often of the same people. A name
that changes is another name, so none of them goes stale.
"""

from functools import lru_cache

from flask import current_app
from markupsafe import Markup

# They take 300 bytes each.
KEPT = 1000


@lru_cache(KEPT)
def person_link(username, classes=None):
    """A link to the person's page, whose card opens on it."""
    path = current_app.jinja_env.globals["url_for"]
    named = Markup(' class="{}"').format(classes) if classes else ""
    return Markup('<a{} href="{}" data-person="{}">{}</a>').format(
        named, path("users.show", username=username), path("users.popup", username=username), username
    )
