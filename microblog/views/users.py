"""A user's page and card, and the first tab of the settings: one's own profile."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

from microblog.models import FormerName, Post
from microblog.models.exceptions import TooManyNames, UsernameTaken
from microblog.models.profile import Profile
from microblog.web.auth import reader
from microblog.web.dates import when
from microblog.web.forms import ProfileForm
from microblog.web.paths import path_for
from microblog.web.post_lists import posts_page

bp = Blueprint("users", __name__)


@bp.get("/user/<username>")
def show(username):
    profile = _profile(username)
    if profile.user.username != username:
        return redirect(url_for("users.show", username=profile.user.username))
    posts = not profile.hidden and posts_page(Post.by_author(profile.user, reader()))
    return render_template("users/show.html", profile=profile, facts=_facts(profile), page=posts)


@bp.get("/user/<username>/popup")
def popup(username):
    """The card that opens on a name; the script takes it out of a page that can also be read itself."""
    profile = _profile(username)
    return render_template("users/popup.html", profile=profile, facts=_facts(profile))


@bp.get("/settings/profile")
def edit():
    return _edit(ProfileForm(obj=current_user))


@bp.post("/edit_profile")
def update():
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        try:
            current_user.update_profile(form.username.data, form.about_me.data)
        except (UsernameTaken, TooManyNames) as error:
            form.username.errors.append(_(str(error)))
        else:
            flash(_("Your changes are saved."))
            return redirect(url_for("users.show", username=form.username.data))
    return _edit(form), 422


def _edit(form):
    return render_template("users/edit.html", form=form, former_names=FormerName.of(current_user))


def _profile(username):
    return Profile.by_username(username, reader()) or abort(404)


def _facts(profile):
    """Short facts about a user, a list of texts and, for members, links; empty if a block hides them."""
    if profile.user.suspended_at:
        return [_("This account is suspended.")]
    if profile.hidden:
        return []
    facts = [
        _link(
            "people.followers", profile, ngettext("%(num)d follower", "%(num)d followers", profile.followers)
        ),
        _link("people.following", profile, _("%(number)d following", number=profile.following)),
    ]
    if profile.user.seen_at:
        facts.append(_("Last seen: %(when)s", when=when(profile.user.seen_at)))
    return facts


def _link(endpoint, profile, text):
    """*text*, which leads members to a list of people around the user of *profile*."""
    if not current_user.is_authenticated:
        return text
    address = path_for(endpoint, username=profile.user.username)
    return Markup('<a href="{}">{}</a>').format(address, text)
