"""The administrator's page of users: finding, signing out, suspending, restoring and deleting them."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.base.text import clean
from microblog.models import User
from microblog.web import password_confirmation
from microblog.web.pagination import page
from microblog.web.redirects import back

bp = Blueprint("admin_users", __name__, url_prefix="/admin/users")


@bp.get("")
def index():
    """Users, newest first; with ``q``, those whose names start with it."""
    beginning = clean(request.args.get("q", ""))
    people = User.whose_name_begins(beginning)
    return render_template("admin_users/index.html", page=page(people), beginning=beginning)


@bp.post("/<username>/suspend")
@password_confirmation.required
def suspend(username):
    user = User.named(username) or abort(404)
    if not accounts.suspend(user, by=current_user.username):
        abort(409)
    flash(
        _("%(username)s is suspended: signed out everywhere, and unable to sign in.", username=user.username)
    )
    return back("admin_users.index", q=user.username)


@bp.post("/<username>/sign_out")
@password_confirmation.required
def end_sessions(username):
    user = User.named(username) or abort(404)
    accounts.end_sessions(user, by=current_user.username)
    flash(
        _(
            "%(username)s is signed out everywhere, and the tokens of their programs ended.",
            username=user.username,
        )
    )
    return redirect(url_for("admin_users.index", q=user.username))


@bp.post("/<username>/restore")
@password_confirmation.required
def restore(username):
    user = User.named(username) or abort(404)
    accounts.restore(user, by=current_user.username)
    flash(_("%(username)s can sign in again.", username=user.username))
    return redirect(url_for("admin_users.index", q=user.username))


@bp.get("/<username>/delete")
def delete(username):
    """Say what goes, and ask for confirmation."""
    return render_template("admin_users/delete.html", user=_deletable(username))


@bp.post("/<username>/delete")
@password_confirmation.required
def destroy(username):
    user = _deletable(username)
    accounts.delete(user, by=current_user.username)
    flash(_("The account of %(username)s and all that belonged to it are deleted.", username=user.username))
    return back("admin_users.index")


def _deletable(username):
    """The user of that name; 409 for administrators, who are deleted by command only, or by themselves."""
    user = User.named(username) or abort(404)
    return abort(409) if user.is_admin else user
