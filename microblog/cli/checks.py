"""Commands that check whether the site and its mail work."""

import sys

import click

from microblog.base.addresses import BadAddress, checked
from microblog.base.database import connected
from microblog.cli.site import examines_site
from microblog.mail.delivery import send_test
from microblog.mail.exceptions import MailDelayed, MailRefused
from microblog.ops import doctor

MARKS = {doctor.WELL: ("✓", "green"), doctor.WARNING: ("!", "yellow"), doctor.FAULT: ("✗", "red")}


@click.command("doctor")
@examines_site
@click.option("--quiet", is_flag=True, help="Say nothing of what is well.")
def examine(quiet):
    """Look the site over. The exit code is 1 if something is wrong, for monitors; else 0."""
    faults = 0
    for finding in doctor.examine():
        faults += finding.grade == doctor.FAULT
        if not (quiet and finding.grade == doctor.WELL):
            mark, colour = MARKS[finding.grade]
            click.secho(f"{mark} {finding.part}: {finding.what}", fg=colour)
            if finding.remedy:
                click.echo(f"    → {finding.remedy}")
    sys.exit(1 if faults else 0)


@click.command()
@click.argument("address")
def mail_test(address):
    """Send a mail to ADDRESS, and tell what the mail server said."""
    try:
        with connected():
            click.echo(send_test(checked(address)))
    except BadAddress as error:
        raise click.ClickException(f"{address} is not an e-mail address that can be used: {error}") from error
    except (MailDelayed, MailRefused) as error:
        said = f" ({error.__cause__})" if error.__cause__ else ""
        raise click.ClickException(f"{error}{said}") from error


COMMANDS = (examine, mail_test)
