"""The operator's commands: ``flask …`` in the project's folder, one subject per file."""

from copy import copy
from functools import wraps

import click
from flask.cli import run_command, with_appcontext
from peewee import DatabaseError

from microblog.cli import (
    accounts,
    archives,
    checks,
    demo,
    imports,
    mail,
    shell,
    site,
    tasks,
    translate,
    upkeep,
)


def init_app(app):
    for subject in (accounts, archives, checks, demo, imports, mail, tasks, translate, upkeep):
        for command in subject.COMMANDS:
            app.cli.add_command(_inside_app(command))
    app.shell_context_processor(shell.context)
    if is_asked() and click.get_current_context().command is run_command:
        with app.app_context():
            site.enter(site.MADE)


def is_asked():
    """Whether a command loads the app, or its help: until it has entered the site it may write nothing."""
    return click.get_current_context(silent=True) is not None


def _inside_app(command):
    """*command*, run in the app's context and in its site; a database error becomes a message of one line."""
    # A copy: otherwise each app created in this process would wrap the command again.
    command = copy(command)
    if hasattr(command, "commands"):
        command.commands = {name: _inside_app(part) for name, part in command.commands.items()}
    if function := command.callback:

        @wraps(function)
        def explaining(*args, **kwargs):
            try:
                site.enter(site.need_of(function))
                return function(*args, **kwargs)
            except DatabaseError as error:
                message = f"the database does not answer ({error}); see: .venv/bin/flask doctor"
                raise click.ClickException(message) from error

        command.callback = with_appcontext(explaining)
    return command
