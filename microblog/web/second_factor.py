"""Who has to have a second factor, and codes that are checked, slowly enough that nobody can guess one."""

from flask import current_app, g, request
from flask_login import current_user

from microblog.accounts import second_factor
from microblog.mail import account_notices
from microblog.models import SecondFactor
from microblog.models.exceptions import WrongCode
from microblog.web import cookies, errors, rate_limits

# What works without one: to set it up, in one's language, to leave, and what asks by itself who it is.
OPEN = {"api", "api_document", "preferences", "second_factor", "sign_in.logout"}


def init_app(app):
    app.before_request(lead_to_it)
    app.add_template_global(is_missing, "second_factor_missing")


def lead_to_it():
    """Let nobody do anything else before they have the second factor that the site asks them for."""
    if request.endpoint is None or not OPEN.isdisjoint((request.blueprint, request.endpoint)):
        return None
    # Nobody is signed in where everybody gets the same.
    if current_user.is_authenticated and is_missing(current_user):
        return errors.ask_for_second_factor()
    return None


def is_required(user):
    """Whether the site asks *user* for a second factor."""
    rule = current_app.config["SECOND_FACTOR"]
    return rule == "everybody" or (rule == "administrators" and user.is_admin)


def is_missing(user):
    """Whether *user* does not have the second factor that the site asks them for."""
    return is_required(user) and SecondFactor.of(user) is None


def check(user, code, **facts):
    """
    Use up *code*; tries are limited for each user, whichever way they come.

    Raises:
        WrongCode: it is not right.
    """
    g.guessed = user
    try:
        _check(user, code, facts)
    except WrongCode:
        if not cookies.device_of(user):
            account_notices.send(user, "wrong_code")
        raise


@rate_limits.guessing_code
def _check(user, code, facts):
    second_factor.check(user, code, **facts)
