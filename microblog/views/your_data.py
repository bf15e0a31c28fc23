"""The page *Your data*: what can be done with all that one wrote, and the tasks that were asked for."""

from flask import Blueprint, render_template
from flask_login import current_user
from peewee import prefetch

from microblog.mail.mail import Mail
from microblog.tasks.task import Task
from microblog.web.presentation import News

bp = Blueprint("your_data", __name__)
# The newest ones.
SHOWN_TASKS = 50


@bp.get("/tasks")
def index():
    news = News.read()
    history = prefetch(Task.for_user(current_user).limit(SHOWN_TASKS), Mail)
    return render_template("your_data/index.html", news=news, history=history)
