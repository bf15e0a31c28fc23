"""
What asks for the password unless it was given lately, so that whoever gets hold of a session cannot stay.

A page leads to the question and comes back. An act is answered by the question, whose form takes along what
was typed, and is carried out with the right password.
"""

from functools import wraps

from flask import redirect, render_template, request, url_for
from flask_login import current_user

from microblog.web import rate_limits
from microblog.web.auth import renew_session
from microblog.web.csrf import SAFE
from microblog.web.errors import NOT_SENT_AGAIN
from microblog.web.forms import ConfirmationForm
from microblog.web.redirects import safe_path


def required(view):
    """Let *view* run only within ten minutes of the password, given in this browser."""

    @wraps(view)
    def guarded(*args, **kwargs):
        if current_user.session.is_confirmed:
            return view(*args, **kwargs)
        if request.method in SAFE:
            return redirect(url_for("password_confirmation.new", next=request.full_path.rstrip("?")))
        form = ConfirmationForm()
        if "current_password" not in request.form:
            return question(form), 401
        if not _is_right(form):
            return question(form), 422
        renew_session()
        return view(*args, **kwargs)

    guarded.asks_for_password = True
    return guarded


def question(form):
    """The page that asks; its form leads to this address again, with the same fields."""
    if request.method in SAFE:
        fields = [("next", safe_path(request.args.get("next")) or "")]
    else:
        fields = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_SENT_AGAIN]
    return render_template("password_confirmation/new.html", form=form, fields=fields)


@rate_limits.confirming_password
def _is_right(form):
    return form.validate_on_submit()
