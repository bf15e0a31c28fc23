"""Everybody's posts with a tag."""

from flask import Blueprint, abort, redirect, render_template, url_for

from microblog.base.entities import tag_of
from microblog.models import Post, Tag
from microblog.web import rate_limits
from microblog.web.auth import reader
from microblog.web.post_lists import posts_page

bp = Blueprint("tags", __name__)


@bp.get("/tag/<word>")
@rate_limits.exploring
def show(word):
    """Posts with that tag, of which there may be none."""
    tag = tag_of(word) or abort(404)
    if tag != word:
        return redirect(url_for("tags.show", word=tag))
    return render_template("tags/show.html", tag=tag, page=posts_page(Post.tagged(tag, reader()), by=Tag))
