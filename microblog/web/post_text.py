"""The text of a post with its links: to people and tags of this site as well."""

from microblog.base.entities import MENTION
from microblog.base.rendered_text import linkify
from microblog.web.people import person_anchor, tag_anchor


def linked(text, post, person=person_anchor, tag=tag_anchor):
    """
    *text*, that of *post* or an excerpt, as Markup.

    *person* and *tag* return what a link to one begins with, for a username and a tag.
    """
    names = post.mentions if "@" in text or "＠" in text else {}

    def anchor(entity):
        if entity.kind != MENTION:
            return tag(entity.value)
        username = names.get(entity.value)
        return username and person(username, "h-card u-category")

    return linkify(text, post.marks, anchor=anchor)
