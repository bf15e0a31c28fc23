"""The tab *Programs* of the settings: API tokens, created, shown once, revoked."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog import accounts
from microblog.models import Token
from microblog.models.exceptions import TooManyTokens
from microblog.web import password_confirmation
from microblog.web.auth import reader
from microblog.web.forms import TokenForm, status

bp = Blueprint("tokens", __name__)


@bp.get("/settings/programs")
def index():
    return _page(TokenForm(formdata=None))


@bp.post("/account/tokens")
@password_confirmation.required
def create():
    """Create a token and show it, only this once: just a hash of it is stored."""
    form = TokenForm()
    if form.validate_on_submit():
        try:
            _token, secret = accounts.make_token(reader(), form.name.data, form.read_only.data)
        except TooManyTokens:
            form.form_errors.append(
                _("You have as many tokens as an account can have. End one of them first.")
            )
        else:
            return _page(TokenForm(formdata=None), secret), 201
    return _page(form), status(form)


@bp.post("/account/tokens/<row_id:token_id>/delete")
@password_confirmation.required
def destroy(token_id):
    token = Token.get_or_none(Token.id == token_id, Token.user == current_user) or abort(404)
    token.end()
    flash(_("The token has ended."))
    return redirect(url_for("tokens.index"))


def _page(form, secret=None):
    tokens = list(Token.for_user(current_user))
    return render_template("tokens/index.html", form=form, tokens=tokens, secret=secret)
