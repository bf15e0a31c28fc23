"""The way to the administrator's pages, which have a file each."""

from flask import Blueprint, redirect, url_for

from microblog.web.auth import admin_required

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
@admin_required
def index():
    return redirect(url_for("admin_users.index"))
