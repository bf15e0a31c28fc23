"""HTTP in, HTTP out: one blueprint per file."""

from microblog.demo import views as demo
from microblog.views import (
    account,
    admin,
    auth,
    blocks,
    email_changes,
    exports,
    feeds,
    follows,
    health,
    messages,
    notifications,
    own_password,
    passwords,
    posts,
    preferences,
    search,
    sessions,
    tasks,
    tokens,
    users,
)
from microblog.views.admin import events as admin_events
from microblog.views.admin import invites as admin_invites
from microblog.views.admin import outbox as admin_outbox
from microblog.views.admin import tasks as admin_tasks
from microblog.views.admin import users as admin_users

VIEWS = (
    account,
    admin,
    admin_events,
    admin_invites,
    admin_outbox,
    admin_tasks,
    admin_users,
    auth,
    blocks,
    demo,
    email_changes,
    exports,
    feeds,
    follows,
    health,
    messages,
    notifications,
    own_password,
    passwords,
    posts,
    preferences,
    search,
    sessions,
    tasks,
    tokens,
    users,
)


def init_app(app):
    for view in VIEWS:
        app.register_blueprint(view.bp)
