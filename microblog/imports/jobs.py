"""
The three kinds of work: a file is looked at, its posts are brought here, and what came is taken away again.

Bringing goes on where it was stopped: with each batch of posts the number of records that were dealt with
is written, in one transaction. What ends without success leaves nothing, and if its worker could not see to
that, ``remove_leftovers`` does.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from flask import current_app
from peewee import OperationalError

from microblog.base import clock, error_codes
from microblog.base.database import LARGEST_ID, db
from microblog.base.files import make_folder
from microblog.base.i18n import N_
from microblog.exports.archive.parts import Report
from microblog.exports.expiry import expire_file
from microblog.imports import posts, profiles, sorted_records
from microblog.imports.import_row import Choices, Import
from microblog.imports.posts import BATCH, Matcher, batches
from microblog.imports.record import REPLY, REPOST
from microblog.imports.sorted_records import LEFT_OUT, UNREADABLE, Facts, SortedRecord, SortedRecords
from microblog.imports.sources import BAD_FILE, recognise
from microblog.tasks.exceptions import Cancelled, JobFailed, TaskInProgress
from microblog.tasks.queue import huey
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.worker import job

# Ends the task with the numbers of posts, unless it was cancelled meanwhile; whether it did.
Finish = Callable[[dict[str, int]], bool]
GONE = N_("The file is not here any more. Choose it again.")
TOO_MANY = N_("With these it would be more than 200,000 posts. Ask the administrator to import them.")
# Of an upload: what may be unpacked in all, and in times of what it takes packed; and posts of one person.
LIMITS = {"most_bytes": 2 * 1024**3, "most_ratio": 200}
MOST_POSTS = 200_000


def has_file(task: Task) -> bool:
    """Whether the file that *task* reads or brings is still there, so that it can be tried again."""
    row = Import(id=task.arguments["import_id"])
    return row.file.exists() or row.records.exists()


@job(can_be_repeated=has_file)
def preview_import(task: Task) -> None:
    """Read the file and count what would come of it; nothing is written but the records of the file."""
    row = _row_of(task)
    try:
        read(row, row.file, LIMITS, task.advance, current_app.config["SIGNING_KEYS"])
        counts = count(row, task.advance)
    except BAD_FILE as error:
        row.delete_files()
        raise JobFailed(str(error)) from error
    except Cancelled:
        row.delete_files()
        raise
    except OSError as error:
        raise _told(error) from error
    with db.atomic():
        task.finish(SUCCEEDED, result=counts)
        if task.state == SUCCEEDED:
            row.write(counts=counts)
    if task.state != SUCCEEDED:
        row.delete_files()


@job(can_be_repeated=has_file)
def import_posts(task: Task) -> None:
    """Write the posts, then the profile and follows that were chosen; one that is stopped goes on here."""
    row = _row_of(task)
    try:
        if not (_bring_back if row.undoes else _bring)(row, task):
            remove(row)
    except (Cancelled, JobFailed):
        remove(row)
        raise
    except OSError as error:
        remove(row)
        raise _told(error) from error
    except OperationalError as error:
        if error_codes.is_full(error):
            remove(row)
        raise


def _bring(row: Import, task: Task) -> bool:
    return bring(row, MOST_POSTS, task.advance, finish=partial(_succeed, task))


def _bring_back(row: Import, task: Task) -> bool:
    """All that was deleted, however much it is: this site has written the file. Then nobody needs that."""
    deletion = Task.get_by_id(row.undoes)
    report = partial(_scaled, task.advance, deletion.result["posts"])
    if row.counts is None:
        read(row, row.file, {}, partial(report, 0), current_app.config["SIGNING_KEYS"])
        row.write(counts=count(row, partial(report, 1)))

    def finish(result: dict[str, int]) -> bool:
        done = _succeed(task, result)
        if done:
            expire_file(deletion)
        return done

    return bring(row, None, partial(report, 2), finish)


def _scaled(report: Report, posts: int, part: int, done: int, total: int) -> None:
    """Report *done* of *total* steps of one of three parts as a number of *posts*."""
    report(posts * (part * total + done) // (3 * total or 1), posts)


@job()
def undo_import(task: Task) -> None:
    """Take away what the import has brought; also the remains of one that came to no good end."""
    row = Import.get_by_id(task.arguments["import_id"])
    if row.brought_at is None:
        remove(row, task.advance)
    elif not row.undone_at:
        undo(row, task.advance, finish=partial(_succeed, task))


def remove_leftovers() -> None:
    """Have the posts removed of each import that ended without success while its worker could not do it."""
    for row in list(Import.leftovers()):
        with suppress(TaskInProgress):
            Task.launch(undo_import, row.user_id, N_("Removing posts..."), by="the site", import_id=row.id)


def read(row: Import, path: Path, limits: dict[str, int], report: Report, keys: Sequence[str]) -> None:
    """
    Read the file *path* of the import *row*, unless that is done, into its records; *keys*: those of seals.

    Raises:
        BAD_FILE: it cannot be read.
    """
    if row.records.exists():
        return
    make_folder(row.records.parent)
    with path.open("rb") as file:
        size = path.stat().st_size

        def tell() -> None:
            # What is read again, or out of order, must not look like more than there is.
            report(min(file.tell(), size), 2 * size)

        tell()
        now, account_since = (clock.in_microseconds(at) for at in (clock.now(), row.user.created_at))
        source = recognise(file, keys, **limits)
        sorted_records.make(row.records, row.draft, source, now, account_since, tell)


def count(row: Import, report: Report) -> dict[str, Any]:
    """What would come of the import *row* now."""
    with SortedRecords.opened(row.records) as records:
        total, new = records.count(sorted_records.POST), 0
        matcher = Matcher(row.user_id, row.id, records.facts["is_ours"])
        for number, batch in enumerate(batches(records.posts())):
            new += len(matcher.new(batch))
            report(total + number * BATCH, 2 * total)
        row.write(kind=records.facts["kind"])
        return {
            "new": new,
            "here": total - new,
            "left_out": records.count(LEFT_OUT) + sum(map(records.count_optional, (REPLY, REPOST))),
            "unreadable": records.count(UNREADABLE),
            "replies": records.count_optional(REPLY),
            "reposts": records.count_optional(REPOST),
            "pictures": records.facts["pictures"],
            "span": records.span(),
        }


def bring(row: Import, most: int | None, report: Report, finish: Finish) -> bool:
    """
    Write the posts of the import *row*, from where an earlier attempt was stopped.

    *most*: how many posts its user may have in all then; None: any number. *finish(result)* is called in the
    last transaction, with the numbers.

    Raises:
        JobFailed: the file is gone, or there would be too many posts.
    """
    if not row.records.exists():
        raise JobFailed(GONE)
    with SortedRecords.opened(row.records) as records:
        total = row.counts["new"] + row.counts["here"]
        matcher = Matcher(row.user_id, row.id, records.facts["is_ours"])
        left = most and most - posts.count_of(row.user_id)
        place = 0
        for batch in batches(_chosen(records, row.choices)):
            place += len(batch)
            if place > row.done:
                report(min(row.done, total), total)
                left = _write(row, matcher, batch, place, left, records.facts)
        return _complete(row, records.facts, finish)


def _chosen(records: SortedRecords, choices: Choices) -> Iterator[SortedRecord]:
    options = [option for option in (REPLY, REPOST) if choices.get(option)]
    return records.posts(options, choices.get("first", 0), choices.get("last", LARGEST_ID))


def _write(
    row: Import, matcher: Matcher, batch: list[SortedRecord], place: int, left: int | None, facts: Facts
) -> int | None:
    with db.atomic():
        new = matcher.new(batch)
        if left is not None and len(new) > left:
            raise JobFailed(TOO_MANY)
        posts.write(new, row.user_id, row.id, facts)
        row.write(done=place)
    return left and left - len(new)


def _complete(row: Import, facts: Facts, finish: Finish) -> bool:
    with db.atomic():
        former = profiles.bring(row.user, row.choices, facts)
        brought = posts.count(row.id)
        result = {"posts": brought, "here": row.done - brought}
        if not finish(result):
            profiles.put_back(row.user, former)
            return False
        row.write(brought_at=clock.now(), former=former | {"result": result})
    row.file.unlink(missing_ok=True)
    return True


def remove(row: Import, report: Report | None = None) -> None:
    """Delete the posts that the import *row* has brought so far; *report(done, total)* may raise."""
    total = done = posts.count(row.id)
    while done:
        if report:
            report(total - done, total)
        with db.atomic():
            done -= posts.remove_some(row.id)
    row.write(done=0)


def undo(row: Import, report: Report, finish: Finish) -> None:
    """Delete the posts of the import *row*, then put back the profile and the follows."""
    total = left = posts.count(row.id)
    while left > 0:
        report(total - left, total)
        with db.atomic():
            left -= posts.remove_some(row.id)
    with db.atomic():
        profiles.put_back(row.user, row.former)
        if finish({"posts": total}):
            row.write(undone_at=clock.now())


def _row_of(task: Task) -> Import:
    """The row of the import that *task* works on; it may be another task than the first."""
    row = Import.get_or_none(Import.id == task.arguments["import_id"])
    if row is None or not (row.file.exists() or row.records.exists()):
        raise JobFailed(GONE)
    if row.task_id != task.id:
        row.write(task=task.id)
    return row


def _succeed(task: Task, result: dict[str, int]) -> bool:
    """End *task* with *result*; False if it was cancelled meanwhile."""
    task.finish(SUCCEEDED, result=result)
    return task.state == SUCCEEDED


def _told(error: OSError) -> Exception:
    """*error*, an OSError, as what is told to the user; itself if it is not that the disk is full."""
    return JobFailed(error_codes.OUT_OF_SPACE) if error_codes.is_full(error) else error


huey.housekeeping.append(remove_leftovers)
