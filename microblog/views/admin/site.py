"""The administrator's page about the site itself: its name, what it is about, its colour."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from microblog.base.accents import ACCENTS
from microblog.models import Site
from microblog.web import site
from microblog.web.forms import SiteForm

bp = Blueprint("admin_site", __name__, url_prefix="/admin/site")


@bp.get("")
def edit():
    return _page(SiteForm(obj=site.current()))


@bp.post("")
def update():
    form = SiteForm(obj=site.current())
    if not form.validate_on_submit():
        return _page(form), 422
    Site.change(**form.data)
    flash(_("Your changes are saved."))
    return redirect(url_for("admin_site.edit"))


def _page(form):
    return render_template("admin_site/edit.html", form=form, colours=ACCENTS)
