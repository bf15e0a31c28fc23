"""The way to the administrator's pages, which have a file each; others get a 404 for all under ``/admin``."""

from flask import Blueprint, redirect, url_for

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
def index():
    return redirect(url_for("admin_users.index"))
