"""Reporting somebody else's post to the administrators."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.models import Post, Report
from microblog.web import rate_limits
from microblog.web.forms import ReportForm
from microblog.web.redirects import safe_path

bp = Blueprint("reports", __name__)


@bp.get("/post/<row_id:post_id>/report")
def new(post_id):
    """Ask what is wrong with it."""
    return _page(_reportable(post_id), ReportForm())


@bp.post("/post/<row_id:post_id>/report")
@rate_limits.reporting
def create(post_id):
    post, form = _reportable(post_id), ReportForm()
    if not Report.has_reader(post):
        return _page(post, form), 409
    if not form.validate_on_submit():
        return _page(post, form), 422
    if Report.add(current_user, post, form.reason.data):
        flash(_("Reported. %(name)s does not learn of it.", name=post.author.username))
    else:
        flash(_("You have reported this post already."))
    return redirect(safe_path(request.form.get("next")) or url_for("posts.show", post_id=post_id))


def _reportable(post_id):
    """The post, if somebody else wrote it; else 409, or 404 if the user does not see it."""
    post = Post.seen_by(current_user, post_id) or abort(404)
    return post if post.author != current_user else abort(409)


def _page(post, form):
    return render_template(
        "reports/new.html",
        post=post,
        form=form,
        has_reader=Report.has_reader(post),
        reported=Report.exists(current_user, post),
    )
