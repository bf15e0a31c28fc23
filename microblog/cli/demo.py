"""The command that fills a database with demo people for a trial."""

import click
from flask import current_app

from microblog import demo
from microblog.base.database import connected
from microblog.cli.site import makes_site


@click.command("demo")
@click.option("--users", default=20, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--posts", default=500, show_default=True, type=click.IntRange(0, 100_000_000))
@click.option(
    "--follows", default=5, show_default=True, type=click.IntRange(0, 100_000), help="For each user."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same people and posts.")
@makes_site
def fill_with_demo(users, posts, follows, seed):
    """Fill the site for a trial with people, demo1 … demoN, whose password is demo-password."""
    settings = current_app.config["SETTINGS"]
    if settings.https or not settings.private:
        raise click.ClickException(
            "not on a site that others can reach, or by https: everybody knows the password"
        )
    with connected():
        try:
            demo.fill(users, posts, follows, seed)
        except demo.FilledAlready as error:
            raise click.ClickException(f"{error}; set DATA_DIR to another folder to begin anew") from error
    click.echo(f"{users:,} people and {posts:,} posts; sign in as demo1, password {demo.PASSWORD}")


COMMANDS = (fill_with_demo,)
