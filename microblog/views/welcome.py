"""Closing the welcome of the home page."""

from flask import Blueprint, redirect, url_for
from flask_login import current_user

bp = Blueprint("welcome", __name__)


@bp.post("/welcome/close")
def close():
    current_user.close_welcome()
    return redirect(url_for("posts.index"))
