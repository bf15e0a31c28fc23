"""
The site that a command works on: it must be there, and the caller's own, before anything is written.

So it is for each command that says nothing else by a decorator of this module.
"""

import os
import shlex
import sys

import click
from flask import current_app

from microblog.base import schema
from microblog.base.database import FILE_NAME
from microblog.base.files import refuse_dead_link
from microblog.ops import data_folder, sites
from microblog.security.signatures import secret_key
from microblog.tables import TRIGGERS

NEEDED, MADE, BEGUN, EXAMINED, IGNORED = "needed", "made", "begun", "examined", "ignored"


def makes_site(function):
    """Decorate a command before which a site is made, if there is none."""
    return _with(MADE, function)


def begins_site(function):
    """Decorate a command that finds a data folder at least, and fills it itself."""
    return _with(BEGUN, function)


def examines_site(function):
    """Decorate a command that needs a site, and itself says what is wrong with it."""
    return _with(EXAMINED, function)


def ignores_site(function):
    """Decorate a command that neither reads nor writes the data folder."""
    return _with(IGNORED, function)


def need_of(function):
    """What the command *function* was decorated with, by default that a site is needed."""
    return getattr(function, "site", NEEDED)


def enter(need=NEEDED):
    """
    Be in the site, as far as there is a *need* of it.

    Raises:
        ClickException: there is no site, or it belongs to somebody else; nothing was written.
    """
    if need == IGNORED:
        return
    settings = current_app.config["SETTINGS"]
    try:
        data_folder.refuse_foreign(settings.data_dir, _command_line())
        refuse_dead_link(settings.data_dir / FILE_NAME)
        found = sites.is_in(settings.data_dir)
        if not found and need in (NEEDED, EXAMINED):
            raise click.ClickException(_no_site(settings.data_dir))
        sites.prepare(settings, current_app.secret_key)
    except data_folder.Unavailable as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        if need == EXAMINED:
            return
        raise click.ClickException(str(error)) from error
    if secret_key(settings) != current_app.secret_key:
        # Another process was quicker to make it, as honcho starts two at once: begin anew, with its key.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    if not found and need == MADE:
        schema.migrate(TRIGGERS)


def _with(need, function):
    function.site = need
    return function


def _no_site(data_dir):
    running = [f"; a site runs with DATA_DIR={folder}" for folder in sites.running()]
    return f"there is no site in {data_dir}{''.join(running[:1])}"


def _command_line():
    return shlex.join([".venv/bin/flask", *sys.argv[1:]])
