"""Posts by their tags."""

from flask import abort, g

from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.posts import listed
from microblog.base.entities import tag_of
from microblog.models import Post, Tag
from microblog.web.problem import problem


@operation(
    "GET", "/tags/{word}", "Everybody's posts with a tag, newest first", response="Post", paged=NEWEST_FIRST
)
def show(word):
    tag = tag_of(word) or abort(problem(404, "This is no tag."))
    return listed(Post.tagged(tag, g.caller), by=Tag)
