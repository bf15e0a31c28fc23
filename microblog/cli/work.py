"""Commands in ``flask tasks …`` about work as a whole: workers, failures, figures, nightly work."""

from datetime import timedelta

import click

from microblog.base.database import connected
from microblog.ops import nightly, nightly_runs
from microblog.security.security_log import OPERATOR
from microblog.tasks import activity, failures, figures, hold
from microblog.tasks.exceptions import TaskInProgress

MOST_GROUPS = 100

kind = click.argument("kind")
reason = click.argument("reason")
yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command("workers")
def show_workers():
    """Print each background worker and what it does: thread, kind, user, since when."""
    with connected():
        found = activity.now().workers
        for worker in found:
            state = "alive" if worker.is_alive else "gone; what it did begins again"
            click.echo(f"{worker.consumer_id}  {state}")
            for item in worker.items:
                click.echo(f"  {_told(item)}")
    if not found:
        click.echo("none is running; why: flask doctor", err=True)


@click.command("failures")
def show_failures():
    """Print failures that nobody has seen to: how many, kind, reason."""
    with connected():
        groups = failures.groups(MOST_GROUPS)
    for group in groups:
        click.echo(f"{group.count}  {group.name}  {group.error}")
    if not groups:
        click.echo("no failures", err=True)


@click.command("retry-all")
@kind
@reason
@yes
def retry_all(kind, reason, yes):
    """Try again all tasks of KIND that failed for REASON, as `tasks failures` prints the two."""
    _see_to("Try again", failures.try_again, kind, reason, yes)


@click.command("discard-all")
@kind
@reason
@yes
def discard_all(kind, reason, yes):
    """Discard all failures of KIND for REASON: their cards go, the tasks stay in the list."""
    _see_to("Discard", failures.discard, kind, reason, yes)


@click.command("figures")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, 90))
def show_figures(days):
    """
    Print for each kind of the last DAYS: number, failed; median and 95 % of seconds waited, and run.

    Of each kind and state no more than 10,000 are counted.
    """
    with connected():
        for one in figures.of_kinds(timedelta(days=days)):
            times = [f"{part.total_seconds():.3f}" for pair in (one.waited, one.ran) for part in pair or ()]
            click.echo("  ".join([one.kind, str(one.count), str(one.failed), *times]))


@click.command("nightly")
@click.option("--now", is_flag=True, help="Run it now, and print the id of its task.")
def show_nightly(now):
    """Print each nightly chore: when it last ran, for how long, what failed or which file it made."""
    with connected():
        if now:
            click.echo(_launch_nightly())
            return
        for run in nightly_runs.last_runs(nightly_runs.newest()):
            click.echo(f"{run.name:26}  {_outcome(run)}")


@click.command("hold")
def begin_hold():
    """Start no new work, before maintenance: what runs goes on, the rest waits; mails with links are sent."""
    hold.begin(by=OPERATOR)
    click.echo("new work is held; what runs goes on: flask tasks list; to go on: flask tasks resume")


@click.command("resume")
def end_hold():
    """Go on with what waits."""
    hold.end(by=OPERATOR)
    click.echo("work goes on within ten seconds")


def _told(item):
    name = f"mail {item.kind}" if hasattr(item, "kind") else item.name
    silent = "  no progress" if item.is_silent else ""
    user = item.user.username if item.user else "-"
    return f"{item.thread}  {name}  {user}  since {item.started_at:%Y-%m-%d %H:%M:%SZ}{silent}"


def _see_to(verb, act, kind, reason, yes):
    with connected():
        count = failures.of(kind, reason).count()
        if not count:
            raise click.ClickException("there are no such failures; see: tasks failures")
        if not yes:
            click.confirm(f"{verb} {count}?", abort=True)
        done = act(kind, reason, by=OPERATOR)
        click.echo(f"{done} done, {failures.of(kind, reason).count()} left")


def _launch_nightly():
    try:
        return nightly.launch_now(by=OPERATOR).id
    except TaskInProgress as error:
        raise click.ClickException("it is under way already; see: tasks list") from error


def _outcome(run):
    if run.ended_at is None:
        return "not lately"
    told = (
        f"failed: {run.error}"
        if run.error
        else {None: "done", "": "nothing was done"}.get(run.made, run.made)
    )
    return f"{run.ended_at:%Y-%m-%d %H:%M:%SZ}  {run.took.total_seconds():.1f} s  {told}"


COMMANDS = (
    show_workers,
    show_failures,
    retry_all,
    discard_all,
    show_figures,
    show_nightly,
    begin_hold,
    end_hold,
)
