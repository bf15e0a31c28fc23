"""Who may invite, for pages."""

from flask import abort, current_app
from flask_login import current_user

from microblog.models.site import MEMBERS, Site


def init_app(app):
    app.add_template_global(may_invite)


def may_invite():
    """Whether a link by the signed-in user would let somebody in."""
    return current_app.config["REGISTRATION"] == "invite" and is_inviter()


def is_inviter():
    """Whether the signed-in user is one of those who invite, where invitations are needed."""
    return current_user.is_admin or Site.inviters(current_app.config["SETTINGS"]) == MEMBERS


def refuse_others():
    """403 for whoever invites nobody."""
    if not is_inviter():
        abort(403)
