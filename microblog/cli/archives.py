"""Commands that write the archive of a user and check one, whoever made it."""

from pathlib import Path

import click
from flask import current_app

from microblog import exports
from microblog.base.database import connected
from microblog.base.files import refuse_dead_link
from microblog.base.i18n.site_languages import in_language
from microblog.cli.accounts import user_named
from microblog.cli.site import ignores_site
from microblog.exports import archive
from microblog.exports.archive.check import Check
from microblog.ops import sites
from microblog.security import security_log
from microblog.security.security_log import OPERATOR

# What is known of the maker, by ``Check.sealed``.
SEALS = {True: "made by this site", False: "not sealed by this site", None: "seal not checked"}


@click.command()
@click.argument("username")
@click.option("--to", "path", required=True, type=click.Path(path_type=Path), help="The ZIP file to write.")
@click.option("--messages", is_flag=True, help="With private messages and the e-mail address.")
def export(username, path, messages):
    """Write the archive of the user USERNAME, who may be suspended, to a file."""
    with connected():
        user = user_named(username)
        facts = {"messages": "yes"} if messages else {}
        security_log.record("export-asked", user, by=OPERATOR, **facts)
        try:
            refuse_dead_link(path)
            with in_language(user.language):
                posts = archive.write_zip(exports.source_of(user, messages), path)
        except (OSError, ValueError) as error:
            # The latter for a path that names no file.
            reason = getattr(error, "strerror", None) or error
            raise click.ClickException(f"no archive was written: {reason}") from error
        except archive.NotReadBack as error:
            raise click.ClickException(f"what was written could not be read back: {error}") from error
    click.echo(f"{path} has all {posts} posts of {user.username} in it; checked: they can be read back")


@click.group("archive")
@ignores_site
def archive_group():
    """Deal with archives, wherever they come from."""


@archive_group.command()
@click.argument("path", type=click.Path(path_type=Path))
@ignores_site
def verify(path):
    """
    Check whether the archive PATH is whole and unchanged.

    A line for each fault, and then exit code 1. Works where there is no site, too, which then does not know
    its seal.
    """
    try:
        with path.open("rb") as file:
            check = Check(file, _keys())
            faults = [click.echo(fault) for fault in check.faults()]
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from error
    if faults:
        raise click.exceptions.Exit(1)
    click.echo(f"{path} is whole and unchanged: {check.posts} posts; {SEALS[check.sealed]}")


def _keys():
    """The keys of the site, none where there is no site: the app has a random one then."""
    return current_app.config["SIGNING_KEYS"] if sites.is_in(current_app.config["DATA_DIR"]) else ()


COMMANDS = (archive_group, export)
