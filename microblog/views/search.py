"""Searching posts and people."""

from flask import Blueprint, render_template, request

from microblog.models import PostIndex, people
from microblog.web import rate_limits
from microblog.web.auth import reader
from microblog.web.post_lists import posts_page

bp = Blueprint("search", __name__)


@bp.get("/search")
@rate_limits.searching
def index():
    """
    Posts that match ``q``, newest first; above the first page, for members, people of such a name.

    The search box in the bar leads here.
    """
    query = request.args.get("q", "").strip()
    hits = PostIndex.search(query, reader())
    posts = posts_page(hits, by=PostIndex)
    wordless = bool(query) and not PostIndex.asks_for_something(query)
    named = people.found(query, reader()) if reader() and posts.newer is None else []
    return render_template("search/index.html", query=query, page=posts, people=named, wordless=wordless)
