"""Pages of posts, each of which tells how many answers it has, and whom it answers."""

from typing import NamedTuple

from flask import current_app

from microblog.base import slices
from microblog.base.database import LARGEST_ID
from microblog.models.conversation import Conversation, Gap, tell
from microblog.models.like import Likers
from microblog.models.post import Post
from microblog.web.auth import reader
from microblog.web.pagination import Page, page, page_onward


def posts_page(query, by=None):
    """What ``pagination.page`` returns of a *query* of posts."""
    found = page(query, by)
    tell(found.items, reader())
    return found


def newest_posts(most):
    """The newest posts of everybody, as the reader may see them: a list of *most*."""
    found = list(slices.newest(Post.visible_to(reader()), None, None, most))
    return tell(found, reader())


class ConversationPage(NamedTuple):
    """A page of the *conversation* for whoever came for *post*: the first post, answers, and gaps."""

    conversation: Conversation
    post: Post | Gap
    entries: list
    page: Page

    @classmethod
    def around(cls, post_id):
        """The page that the request asks for, else that with the post of that id; None if there is none."""
        conversation = Conversation.around(post_id, reader())
        if conversation is None:
            return None
        size = current_app.config["POSTS_PER_PAGE"]
        found = page_onward(conversation.answers, conversation.root, conversation.start(post_id, size))
        first = conversation.first
        tell([one for one in (first, *found.items) if isinstance(one, Post)], reader())
        answers = _with_gaps(conversation, found, post_id)
        here = next((one for one in (first, *answers) if one.id == post_id), None)
        return cls(conversation, here or Post.seen_by(reader(), post_id) or first, [first, *answers], found)

    @property
    def likers(self):
        """Who likes the post that one came for; None where there is a gap."""
        return Likers.of(self.post, reader()) if isinstance(self.post, Post) else None

    @property
    def answered(self):
        """The post that an answer written here is to: another's that one came for, else the first, if any."""
        for post in self.post, self.entries[0]:
            if isinstance(post, Post) and (post.author != reader() or not post.conversation):
                return post
        return self.post if isinstance(self.post, Post) else None


def _with_gaps(conversation, found, post_id):
    """The answers of the page *found*, and the gaps between its first and its last."""
    items, edge = found.items, conversation.root if found.older is None else LARGEST_ID
    after = items[0].id if items and found.older is not None else edge
    before = items[-1].id if items and found.newer is not None else LARGEST_ID
    return sorted([*items, *conversation.gaps(items, post_id, after, before)], key=lambda one: one.id)
