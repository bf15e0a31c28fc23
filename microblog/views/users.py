"""A user's page and card, and editing one's own profile."""

from flask import Blueprint, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_required

from microblog.models import Post
from microblog.models.exceptions import UsernameTaken
from microblog.models.profile import Profile
from microblog.web.auth import reader
from microblog.web.formats import when
from microblog.web.forms import ProfileForm
from microblog.web.pagination import page

bp = Blueprint("users", __name__)


@bp.get("/user/<username>")
def show(username):
    profile = _profile(username)
    if profile.user.username != username:
        return redirect(url_for("users.show", username=profile.user.username))
    posts = not profile.hidden and page(Post.by_author(profile.user))
    return render_template("users/show.html", profile=profile, facts=_facts(profile), page=posts)


@bp.get("/user/<username>/popup")
def popup(username):
    """The card that opens on a name: JSON for the script, which accepts that, otherwise a page."""
    profile = _profile(username)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        response = jsonify(_card(profile))
    else:
        response = current_app.make_response(
            render_template("users/popup.html", profile=profile, facts=_facts(profile))
        )
    response.vary.add("Accept")
    return response


@bp.get("/edit_profile")
@login_required
def edit():
    return render_template("users/edit.html", form=ProfileForm(obj=current_user))


@bp.post("/edit_profile")
@login_required
def update():
    form = ProfileForm(obj=current_user)
    if not form.validate_on_submit():
        return render_template("users/edit.html", form=form), 422
    try:
        current_user.update_profile(form.username.data, form.about_me.data)
    except UsernameTaken as error:
        form.username.errors.append(_(str(error)))
        return render_template("users/edit.html", form=form), 422
    flash(_("Your changes are saved."))
    return redirect(url_for("users.show", username=form.username.data))


def _profile(username):
    return Profile.by_username(username, reader()) or abort(404)


def _facts(profile):
    """Short facts about a user, a list of texts; empty if a block hides them."""
    if profile.user.suspended_at:
        return [_("This account is suspended.")]
    if profile.hidden:
        return []
    facts = [
        ngettext("%(num)d follower", "%(num)d followers", profile.followers),
        _("%(number)d following", number=profile.following),
    ]
    if profile.user.seen_at:
        facts.append(_("Last seen: %(when)s", when=when(profile.user.seen_at)))
    return facts


def _card(profile):
    user = profile.user
    card = {
        "username": user.username,
        "url": url_for("users.show", username=user.username),
        "about_me": profile.about_me,
        "facts": _facts(profile),
        "act": None,
    }
    if current_user.is_authenticated and current_user != user and (profile.followed or profile.reachable):
        act, label = ("destroy", _("Unfollow")) if profile.followed else ("create", _("Follow"))
        card["act"] = {"url": url_for(f"follows.{act}", username=user.username), "label": label}
    return card
