"""
Links to people and tags, drawn from the name alone, and lists of people.

The latest thousand are kept, because a page of posts has 25, often by the same people. A name that changes
is another name, so none of them goes stale.
"""

from functools import lru_cache

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from markupsafe import Markup

from microblog.web.paths import path_for

# They take 300 bytes each.
KEPT = 1000


@lru_cache(KEPT)
def person_link(username, classes=None):
    """A link to the person's page, whose card opens on it."""
    return Markup("{}{}</a>").format(person_anchor(username, classes), username)


@lru_cache(KEPT)
def person_anchor(username, classes=None):
    """What such a link begins with."""
    named = Markup(' class="{}"').format(classes) if classes else ""
    return Markup('<a{} href="{}" data-person="{}">').format(
        named, path_for("users.show", username=username), path_for("users.popup", username=username)
    )


@lru_cache(KEPT)
def tag_anchor(word):
    """What a link to the posts with the tag *word* begins with."""
    return Markup('<a class="p-category" rel="tag" href="{}">').format(path_for("tags.show", word=word))


def name_list(usernames, others=0):
    """Links to a few people in a row, as the reader's language joins them: ``nora, june, and 3 others``."""
    parts = [person_link(username) for username in usernames]
    if others:
        parts.append(ngettext("%(num)d other", "%(num)d others", others))
    return Markup(format_list(parts, locale=get_locale()))  # noqa: S704 - links, a number and words of ours
