"""Who likes what."""

from flask import abort, g

from microblog.api.operation import operation
from microblog.api.paging import known_id
from microblog.models import Like, Post
from microblog.web.problem import problem


@operation("PUT", "/posts/{post_id}/like", "Like a post of somebody else", status=204, problems=(409,))
def create(post_id):
    Like.add(g.caller, _post(post_id))
    return "", 204


@operation("DELETE", "/posts/{post_id}/like", "Like a post no more", status=204)
def destroy(post_id):
    Like.remove(g.caller, _post(post_id))
    return "", 204


def _post(post_id):
    return Post.seen_by(g.caller, known_id(post_id)) or abort(problem(404, "There is no such post."))
