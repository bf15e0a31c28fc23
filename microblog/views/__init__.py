"""HTTP in, HTTP out: one blueprint per file."""

from microblog.views import (
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
