"""Commands for what the site stores: migrations, backups, restoring, the search index."""

from pathlib import Path

import click
from flask import current_app

from microblog.base import schema
from microblog.base.database import DamagedCopy, connected, data_dir
from microblog.cli.site import begins_site
from microblog.models import PostIndex, Site, User
from microblog.ops import backup, data_folder
from microblog.ops.doctor import CLOSED_BY_UPGRADE, FLASK
from microblog.ops.exchange import HalfRestored
from microblog.ops.restore import CannotRestore, restore
from microblog.security import setup_code
from microblog.tables import TRIGGERS

AFTER_A_RESTORE = f"""\
now:
  start the site, then see whether all is well: {FLASK} doctor
  sign in again, as everybody has to, with a second factor where there was one
  make new tokens for programs, and send again what mails with links were waiting"""


@click.command()
@begins_site
def migrate():
    """Bring the database up to date; while there is no administrator, make the set-up code."""
    try:
        schema.migrate(TRIGGERS, tell=_tell)
    except (schema.SchemaError, DamagedCopy) as error:
        raise click.ClickException(str(error)) from error
    with connected():
        has_admin = User.has_admin()
    try:
        if has_admin:
            setup_code.remove(data_dir())
        else:
            setup_code.issue(data_dir())
    except OSError as error:
        raise click.ClickException(f"the set-up code cannot be written: {error.strerror}") from error
    settings = current_app.config["SETTINGS"]
    with connected():
        if Site.was_closed_by_upgrade(settings):
            _tell(f"registration: {CLOSED_BY_UPGRADE}")
    if not settings.private and (count := _count_of_demo_people()):
        _tell(f"demo people: {count:,} who cannot sign in, because others can reach the site")


def _tell(line):
    """To the standard error, which whoever starts the site sees; the log may go elsewhere."""
    click.echo(line, err=True)


def _count_of_demo_people():
    with connected():
        return User.demo_people().count()


@click.command("backup")
def write_backup():
    """Write everything into one file in DATA_DIR/backups and print its path; the site may run."""
    try:
        click.echo(backup.write())
    except backup.CannotBackUp as error:
        raise click.ClickException(str(error)) from error


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@begins_site
def restore_backup(file):
    """Put the backup FILE in the place of everything; the site must be stopped."""
    try:
        former = restore(file, current_app.config["SETTINGS"].https)
    except (CannotRestore, data_folder.Unavailable) as error:
        raise click.ClickException(f"nothing was changed: {error}") from error
    except HalfRestored as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"restored; what was there before lies in {former}")
    click.echo(AFTER_A_RESTORE)


@click.command("search-rebuild")
def rebuild_search():
    """Read every post into the search index anew; nobody can write meanwhile."""
    with connected():
        PostIndex.rebuild()
    click.echo("every post can be found again")


COMMANDS = (migrate, write_backup, restore_backup, rebuild_search)
