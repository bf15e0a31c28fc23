"""Commands that read the outbox: ``flask mail …``."""

import click
from flask.cli import AppGroup

from microblog.base.database import connected
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.security.security_log import OPERATOR

HELP = """Read the mails that are kept because there is no mail server.

For ID its beginning is enough."""

mail = AppGroup("mail", help=HELP)


@mail.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def index(limit):
    """Print the mails in the outbox, newest first: id, when it was written, to whom, subject."""
    newest, _more = outbox_files.newest(limit)
    for one in newest:
        written_at = f"{one.written_at:%Y-%m-%d %H:%M:%SZ}"
        click.echo(f"{one.id}  {written_at}  {one.message['to']}  {one.message['subject']}")
    if not newest:
        click.echo("the outbox is empty", err=True)


@mail.command("show")
@click.argument("mail_id", metavar="ID")
def show(mail_id):
    """Print the text of the mail ID, with the links in it; the security log tells that it was read."""
    found = outbox_files.beginning_with(mail_id)
    if len(found) != 1:
        raise click.ClickException(
            f"{'more than one mail begins' if found else 'there is no mail that begins'} with {mail_id};"
            " see: mail list"
        )
    [one] = found
    with connected():
        Mail.record_reading(one.id, by=OPERATOR)
    click.echo(f"To: {one.message['to']}\nSubject: {one.message['subject']}\n\n{one.text}")


COMMANDS = (mail,)
