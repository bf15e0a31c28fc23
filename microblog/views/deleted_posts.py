"""Deleting a post, having it back for some minutes, and writing it again."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import DeletedPost, FormerPost, Post
from microblog.web.post_lists import ConversationPage
from microblog.web.redirects import back, safe_path

bp = Blueprint("deleted_posts", __name__, url_prefix="/post/<row_id:post_id>")


@bp.get("/delete")
def new(post_id):
    """Ask for confirmation."""
    post = _deletable(post_id)
    return render_template("deleted_posts/new.html", post=post, again=_is_to_be_written_again(post))


@bp.post("/delete")
def create(post_id):
    """The toast offers to undo it; ``again`` in the address leads to a form with the text."""
    post = _deletable(post_id)
    DeletedPost.remove(post, by=current_user)
    flash(_("The post is deleted."), f"deleted {post_id}")
    if _is_to_be_written_again(post):
        return redirect(_place_to_write(post))
    onwards = safe_path(request.form.get("next"))
    if onwards in (None, url_for("posts.show", post_id=post_id)):
        onwards = url_for("users.show", username=post.author.username)
    return redirect(onwards)


@bp.post("/undo")
def undo(post_id):
    """Put back what the user has deleted a moment ago; pressed again it leads to the post."""
    if deleted := DeletedPost.of(current_user, post_id):
        deleted.put_back()
        flash(_("The post is back."))
    elif Post.seen_by(current_user, post_id) is None:
        FormerPost.get_or_none(id=post_id, author=current_user) or abort(404)
        flash(_("It is too late to bring the post back."))
        return back("posts.index")
    return back("posts.show", post_id=post_id)


def _deletable(post_id):
    """The post, if the user wrote it or is an administrator; else 403, or 404 if it is hidden from them."""
    post = Post.get_or_none(Post.id == post_id) or abort(404)
    if current_user.is_admin or post.author == current_user:
        return post
    return abort(403 if Post.seen_by(current_user, post_id) else 404)


def _is_to_be_written_again(post):
    return "again" in request.args and post.author == current_user and post.was_written_here


def _place_to_write(post):
    """Where the form is for a post in the place of the deleted *post*: with what it answered, or home."""
    if post.conversation and ConversationPage.around(post.reply_to):
        return url_for("posts.show", post_id=post.reply_to, again=post.id, _anchor="post")
    return url_for("posts.index", again=post.id)
