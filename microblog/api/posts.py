"""Posts and the lists in which they are read."""

from flask import abort, g, url_for
from wtforms import ValidationError

from microblog.api.body import validate
from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.paging import known_id, newest_first
from microblog.api.schemas import TEXT, dump_post, some
from microblog.api.users import profile_of
from microblog.models import Post, conversation, like
from microblog.web import rate_limits
from microblog.web.forms import PostForm
from microblog.web.problem import problem

LANGUAGE = TEXT | {"description": "A tag such as `es` or `zh-Hant`"}
REPLY_TO = TEXT | {"description": "The id of the post that it answers"}
LIST = {"response": "Post", "paged": NEWEST_FIRST}


@operation("GET", "/posts", "Everybody's posts, newest first", **LIST)
def index():
    return listed(Post.visible_to(g.caller))


@operation("GET", "/timeline", "Your posts and those of whom you follow, newest first", **LIST)
def timeline():
    return listed(Post.timeline(g.caller))


@operation("GET", "/users/{user}/posts", "One person's posts, newest first", **LIST)
def by(user):
    return listed(Post.by_author(profile_of(user).user, g.caller))


@operation(
    "POST",
    "/posts",
    "Write a post of 1 to 140 characters",
    body=some(body=TEXT, language=LANGUAGE, reply_to=REPLY_TO, optional=["language", "reply_to"]),
    response="Post",
    status=201,
    located=True,
    problems=(409,),
)
@rate_limits.posting
def create():
    form = validate(PostOfProgram, body="post", language="language", reply_to="reply_to")
    values = {"author": g.caller, "body": form.post.data, "language": form.language.data or None}
    post = Post.answer(form.answered, **values) if form.reply_to.data else Post.create(**values)
    location = url_for("api.posts_show", post_id=post.id)
    return show(str(post.id)), 201, {"Location": location}


@operation("GET", "/posts/{post_id}", "One post", response="Post")
def show(post_id):
    post = _visible(post_id)
    _tell([post])
    return dump_post(post)


@operation("DELETE", "/posts/{post_id}", "Delete a post of yours", status=204, problems=(403,))
def destroy(post_id):
    post = _visible(post_id)
    if post.author != g.caller:
        abort(problem(403, "Somebody else wrote this."))
    post.remove(by=g.caller.username)
    return "", 204


class PostOfProgram(PostForm):
    """Rejects an unknown language tag; the form on a page, which offers a list, ignores it."""

    def validate_language(self, field):
        if field.data is None and any(field.raw_data or ()):
            raise ValidationError("This is not the tag of a language.")


def listed(query, by=None):
    """A page of *query* of posts, newest first; *by* is the model whose key to page by, if another."""
    return newest_first(query, dump_post, by, _tell)


def _tell(posts):
    conversation.tell(posts, g.caller)
    like.count(posts, g.caller)


def _visible(post_id):
    post = Post.seen_by(g.caller, known_id(post_id))
    return post or abort(problem(404, "There is no such post."))
