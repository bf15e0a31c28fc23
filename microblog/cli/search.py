"""The command that rebuilds the search index."""

import click

from microblog.base.database import connected
from microblog.models import PostIndex


@click.command("search-rebuild")
def rebuild():
    """Read every post into the search index anew; nobody can write meanwhile."""
    with connected():
        PostIndex.rebuild()
    click.echo("every post can be found again")


COMMANDS = (rebuild,)
