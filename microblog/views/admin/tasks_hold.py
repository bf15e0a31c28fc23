"""The administrator's two buttons by which new work is held back, and goes on."""

from flask import Blueprint, redirect, url_for
from flask_login import current_user

from microblog.tasks import hold

bp = Blueprint("admin_tasks_hold", __name__, url_prefix="/admin/tasks/hold")


@bp.post("")
def create():
    hold.begin(by=current_user.username)
    return redirect(url_for("admin_tasks.index"))


@bp.post("/delete")
def destroy():
    hold.end(by=current_user.username)
    return redirect(url_for("admin_tasks.index"))
