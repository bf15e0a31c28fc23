"""The page to which others lead that ask for the password, and which leads back to them."""

from flask import Blueprint

from microblog.web import password_confirmation
from microblog.web.forms import ConfirmationForm
from microblog.web.redirects import back

bp = Blueprint("password_confirmation", __name__, url_prefix="/account/confirm")


@bp.get("")
def new():
    return password_confirmation.question(ConfirmationForm())


@bp.post("")
@password_confirmation.required
def create():
    """The guard has asked for the password."""
    return back("account.index")
