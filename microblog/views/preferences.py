"""The reader's preferences: kept in the browser, and the language with the account as well."""

from flask import Blueprint, abort, current_app, flash, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from microblog.web import cookies
from microblog.web.reader_preferences import PREFERENCES
from microblog.web.redirects import back

bp = Blueprint("preferences", __name__)


@bp.get("/settings/preferences")
def edit():
    return render_template("preferences/edit.html")


@bp.get("/keys")
def keys():
    """What the keys do; one of them opens this as a dialog on any page."""
    return render_template("preferences/keys.html")


@bp.post("/preferences")
def update():
    """Store theme, keys and language as far as the form has them; the others stay."""
    known = {**PREFERENCES, "language": current_app.config["SITE_LANGUAGES"]}
    chosen = {name: request.form[name] for name in known if name in request.form}
    if not chosen or any(value not in known[name] for name, value in chosen.items()):
        abort(400)
    if "language" in chosen and current_user.is_authenticated:
        current_user.set_language(chosen["language"])
    for name, value in chosen.items():
        cookies.keep(name, value)
    if "keys" in chosen:
        # Sent from the preferences page; what the buttons in the footer change is visible at once.
        flash(_("Your changes are saved."))
    return back("posts.index")
