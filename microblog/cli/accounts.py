"""Commands that create and delete accounts, reset passwords, make administrators and invite people."""

import sys

import click
from flask import current_app, url_for
from werkzeug.datastructures import MultiDict

from microblog import accounts
from microblog.accounts import second_factor
from microblog.accounts.new_password import PasswordRefused
from microblog.base.database import connected
from microblog.cli.site import makes_site
from microblog.models import FormerName, OneTimeToken, SecondFactor, User
from microblog.models.exceptions import EmailTaken, LastAdministrator, Suspended, UsernameTaken
from microblog.security.security_log import OPERATOR
from microblog.web.forms import RegistrationForm

password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.command()
@click.argument("username")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Make this the account of an administrator.")
@password_stdin
@makes_site
def create_user(username, email, admin, password_stdin):
    """Make an account; the rules are those of the registration page."""
    password = _ask_password(password_stdin)
    fields = {"username": username, "email": email, "password": password, "password2": password}
    with current_app.test_request_context(), connected():
        form = RegistrationForm(MultiDict(fields), meta={"csrf": False})
        if not form.validate():
            raise _refusal(text for texts in form.errors.values() for text in texts)
        try:
            user = accounts.create(form.username.data, form.email.data, password, is_admin=admin, by=OPERATOR)
        except UsernameTaken as error:
            raise click.ClickException(f"the username {username} is taken; choose another") from error
        except EmailTaken as error:
            raise click.ClickException(f"the address {email} is taken; use another") from error
        except PasswordRefused as error:
            raise _refusal([error]) from error
    click.echo(f"{user.username} can sign in now")


@click.command()
@click.argument("username")
@password_stdin
def reset_password(username, password_stdin):
    """Give the user USERNAME a new password and end all their sessions."""
    with current_app.test_request_context(), connected():
        user = user_named(username)
        password = _ask_password(password_stdin)
        form = RegistrationForm(MultiDict({"password": password}), meta={"csrf": False})
        if not form.password.validate(form):
            raise _refusal(form.password.errors)
        try:
            accounts.change_password(user, password, by=OPERATOR)
        except PasswordRefused as error:
            raise _refusal([error]) from error
        has_second_factor = SecondFactor.of(user) is not None
    click.echo(f"{user.username} can sign in with the new password now, and is signed out everywhere")
    if has_second_factor:
        click.echo("(the second factor stays; reset-second-factor removes it)")


@click.command()
@click.argument("username")
def reset_second_factor(username):
    """Let the user USERNAME, who has lost phone and recovery codes, sign in with the password alone."""
    with connected():
        user = user_named(username)
        if not second_factor.reset(user, by=OPERATOR):
            raise click.ClickException(f"{user.username} has no second factor")
    click.echo(f"{user.username} signs in with the password alone now, and is signed out everywhere")


@click.command()
@click.argument("username")
def make_admin(username):
    """Make the user USERNAME an administrator."""
    with connected():
        user = user_named(username)
        try:
            accounts.make_admin(user, by=OPERATOR)
        except Suspended as error:
            raise click.ClickException(f"{user.username} is suspended; restore them first") from error
    click.echo(f"{user.username} is an administrator now")


@click.command()
@click.argument("username")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_user(username, yes):
    """Delete the account of the user USERNAME with all that they wrote; only a backup brings it back."""
    with connected():
        user = user_named(username)
        if not yes:
            click.confirm(f"Delete {user.username} ({user.email}) with all that they wrote?", abort=True)
        try:
            accounts.delete(user, by=OPERATOR)
        except LastAdministrator as error:
            raise click.ClickException(
                f"{user.username} is the only administrator; make somebody else one first: make-admin NAME"
            ) from error
    click.echo(f"{user.username} is deleted")


@click.command()
def invite():
    """Print a link by which one person can register, within seven days."""
    with current_app.test_request_context(base_url=current_app.config["SITE_URL"]), connected():
        # First of all: if it cannot be built, no invitation may be made, or logged as made.
        page = url_for("sign_in.register", _external=True)
        click.echo(f"{page}?invite={OneTimeToken.invite(by=OPERATOR)}")
    if current_app.config["REGISTRATION"] != "invite":
        needs = "nobody needs it" if current_app.config["REGISTRATION"] == "open" else "it does nothing"
        click.echo(f"({needs} while REGISTRATION={current_app.config['REGISTRATION']})", err=True)


def user_named(username):
    user = User.named(username)
    if user is None:
        renamed = FormerName.person(username)
        elsewhere = (
            f"they are called {renamed.username} now" if renamed else "the page Administration lists all"
        )
        raise click.ClickException(f"there is no user {username}; {elsewhere}")
    return user


def _ask_password(from_stdin):
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


def _refusal(texts):
    return click.ClickException(" ".join(str(text) for text in texts))


COMMANDS = (create_user, delete_user, invite, make_admin, reset_password, reset_second_factor)
