"""
The deletion of all of one's posts, after an archive was written of them, by which they can come back.

Deleted is exactly what is read back from the archive: what was posted or imported meanwhile stays. From the
first deletion on the archive is offered, so that no end, not even a death, leaves posts without it.
"""

from datetime import timedelta
from itertools import islice

from microblog import exports
from microblog.base import clock
from microblog.base.i18n import N_
from microblog.base.zips import SafeZip
from microblog.exports import archive
from microblog.exports.archive import names
from microblog.exports.archive.parts import Report
from microblog.exports.archive.reader import posts_in
from microblog.models import Post, User
from microblog.security import security_log
from microblog.tasks.task import Task
from microblog.tasks.worker import job

KEPT_FOR = timedelta(days=30)
# In one transaction, so that others who write never wait long.
BATCH = 1000


def request(user: User, by: str | None = None, **arguments: object) -> Task:
    """
    Launch the deletion of *user*'s posts and return its task; *arguments*: the ``language`` of the archive.

    *by*: as in ``Task.launch``.

    Raises:
        TaskInProgress: one is under way.
        TooManyExports: the user has had too many archives within an hour.
    """
    task = Task.launch(delete_posts, user, N_("Deleting your posts..."), by, **arguments)
    security_log.record("posts-deletion-asked", user, task=task.id)
    return task


@job(limit=exports.check_limit)
def delete_posts(task: Task) -> None:
    """Write the archive and offer it, unless an earlier attempt did; then delete the posts that are in it."""
    if task.file_expires_at is None:
        made = exports.write_files(task, _first_half(task.advance))
        task.write(file_expires_at=clock.now() + KEPT_FOR, result=made._asdict())
    _delete(task, task.result["posts"])


def is_deletion(task: Task) -> bool:
    return task.name == delete_posts.name


def can_be_undone(task: Task) -> bool:
    """Whether *task* has deleted posts, perhaps not all of them, whose archive is still there."""
    return is_deletion(task) and task.complete and task.file_expires_at is not None


def _delete(task: Task, total: int) -> None:
    report, done = _second_half(task.advance), 0
    with archive.zip_beside(task.file).open("rb") as file:
        posts = posts_in(SafeZip(file).open(names.POSTS))
        while batch := list(islice(posts, BATCH)):
            report(done, total)
            Post.delete_by(task.user_id, [int(item.value["id"]) for item in batch])
            done += len(batch)
    report(total, total)


def _first_half(report: Report) -> Report:
    return lambda done, total: report(done // 2, total)


def _second_half(report: Report) -> Report:
    return lambda done, total: report((total + done) // 2, total)
