"""``flask import``: posts from a file for somebody, without limits of size; and the undoing of it."""

import sys
from pathlib import Path

import click
from flask import current_app

from microblog.base import clock
from microblog.base.database import connected
from microblog.cli.accounts import user_named
from microblog.imports import jobs
from microblog.imports.import_row import Import
from microblog.imports.sources import BAD_FILE
from microblog.security import security_log
from microblog.security.security_log import OPERATOR
from microblog.tasks.exceptions import JobFailed

COUNTS = "new {new}, already here {here}, left out {left_out}, unreadable {unreadable}"


@click.command("import")
@click.argument("username", metavar="USER")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would come of it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Undo the latest import of USER instead.")
def import_posts(username, file, dry_run, yes, undo):
    """
    Bring the posts in FILE to USER, with the profile that it has, and print what came of it.

    FILE is an archive of this site, of Mastodon or of X, a posts.json, a JSON Feed, or a feed.
    """
    if undo == (file is not None):
        raise click.UsageError("name a FILE, or say --undo")
    if not (undo or dry_run or yes or sys.stdin.isatty()):
        raise click.UsageError("say --yes or --dry-run: there is nobody to ask")
    with connected():
        user = user_named(username)
        click.echo(_undo(user) if undo else _import(user, file, dry_run, yes))


def _import(user, file, dry_run, yes):
    if user.suspended_at:
        raise click.ClickException(f"{user.username} is suspended; restore them first")
    row = Import.create(user=user, name=file.name[:255])
    try:
        counts = _look(row, file)
        if not dry_run and (yes or click.confirm(f"{COUNTS.format(**counts)}. Bring them?", err=True)):
            _bring(row, counts)
        return COUNTS.format(**counts)
    except (JobFailed, OSError, *BAD_FILE) as error:
        raise click.ClickException(str(error)) from error
    finally:
        _clean_up(row)


def _look(row, file):
    jobs.read(row, file, {}, _say_nothing, current_app.config["SIGNING_KEYS"])
    return jobs.count(row, _say_nothing)


def _bring(row, counts):
    row.write(counts=counts, choices={"profile": True}, confirmed_at=clock.now())
    security_log.record("import-confirmed", row.user, by=OPERATOR, id=row.id)
    jobs.bring(row, None, _say_nothing, finish=lambda _result: True)


def _clean_up(row):
    """Leave no file, and nothing at all of an import that did not come to its end."""
    row.delete_files()
    if row.brought_at is None:
        jobs.remove(row)
        row.delete_instance()


def _undo(user):
    """Also what a command that was killed has left."""
    mine = Import.of(user).where(Import.undone_at.is_null(), Import.confirmed_at.is_null(False))
    row = next((row for row in mine if row.can_be_undone or row.task is None), None)
    if row is None:
        raise click.ClickException(f"{user.username} has no import of the last 30 days to undo")
    security_log.record("import-undone", user, by=OPERATOR, id=row.id)
    if row.brought_at is None:
        jobs.remove(row)
        row.delete_instance()
    else:
        jobs.undo(row, _say_nothing, finish=lambda _result: True)
    return "undone"


def _say_nothing(_done, _total):
    pass


COMMANDS = (import_posts,)
