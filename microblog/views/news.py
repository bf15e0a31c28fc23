"""News: what others did that concerns the user, and marking what was shown as read."""

from flask import Blueprint, abort, render_template
from flask_login import current_user

from microblog.models import NewsItem
from microblog.web.forms import ShownListForm
from microblog.web.pagination import page
from microblog.web.redirects import back

bp = Blueprint("news", __name__)


@bp.get("/news")
def index():
    return render_template("news/index.html", page=page(NewsItem.of(current_user)))


@bp.post("/news/read")
def read():
    """Mark the shown lines as read; a GET, which may be a prefetch, marks nothing."""
    form = ShownListForm()
    if not form.validate_on_submit():
        abort(400)
    NewsItem.mark_read(current_user, form.oldest.data, form.newest.data)
    return back("news.index")
