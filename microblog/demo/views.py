"""Creates and removes the demo people, with whom an administrator can try out the site."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import demo
from microblog.web import password_confirmation
from microblog.web.seen_posts import Visit

bp = Blueprint("demo", __name__)


@bp.app_template_global()
def demo_offered():
    """Whether the reader may add them by a button: only once, and if nobody else can reach the site."""
    private = current_app.config["SETTINGS"].private
    return current_user.is_admin and private and not demo.has_people()


@bp.app_template_global()
def demo_welcomed():
    """Whether the welcome offers them: until the administrator has people of their own."""
    return demo_offered() and demo.is_alone(current_user)


bp.add_app_template_global(demo.has_people, "demo_people")


@bp.post("/admin/demo")
@password_confirmation.required
def create():
    if not current_app.config["SETTINGS"].private:
        abort(403)
    demo.populate_for(current_user)
    flash(_("Twelve people have moved in. You follow five of them, and one has written to you."))
    response = redirect(url_for("posts.index"))
    # They come with a past, which is no news.
    Visit.forget(response)
    return response


@bp.get("/admin/demo/delete")
def delete():
    """Ask for confirmation."""
    return render_template("demo/delete.html")


@bp.post("/admin/demo/delete")
def destroy():
    demo.remove(current_user)
    flash(_("The demo people have moved out."))
    return redirect(url_for("admin_users.index"))
