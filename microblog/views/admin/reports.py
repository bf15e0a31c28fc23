"""The administrator's page of reported posts, and what is done about them."""

from flask import Blueprint, abort, flash, render_template
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Post, Report
from microblog.web.forms import ShownForm
from microblog.web.pagination import page
from microblog.web.redirects import back

bp = Blueprint("admin_reports", __name__, url_prefix="/admin/reports")


@bp.get("")
def index():
    posts = page(Report.posts_for(current_user))
    return render_template("admin_reports/index.html", page=posts, reports=Report.about(posts.items))


@bp.post("/<row_id:post_id>/done")
def done(post_id):
    """Close what the page has shown about the post, which stays; later reports wait."""
    post, form = _reported(post_id), ShownForm()
    if not form.validate_on_submit():
        abort(400)
    Report.see_to(post, form.newest.data, by=current_user.username)
    flash(_("The reports about this post are done."))
    return back("admin_reports.index")


def _reported(post_id):
    """The post, unless the administrator wrote it, who is to learn nothing of reports about it."""
    post = Post.get_or_none(Post.id == post_id, Post.author != current_user)
    return post or abort(404)
