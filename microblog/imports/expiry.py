"""Files of imports are deleted after a day, and when their import or its user is gone."""

from datetime import UTC, datetime

from microblog.base import clock
from microblog.imports.import_row import KEEP_FILE_FOR, Import, folder
from microblog.tasks.task import Task


def remove_files():
    """Remove what was uploaded a day ago, unless a task works on it, and what belongs to no import."""
    # Files first: what is uploaded in between is left alone.
    paths = list(folder().glob("*"))
    rows = Import.select(Import, Task).left_outer_join(Task)
    busy = {str(row.id): row.task is not None and not row.task.complete for row in rows}
    for path in paths:
        name = path.name.split(".")[0]
        if not busy.get(name) and (_is_old(path) or (name.isdigit() and name not in busy)):
            path.unlink(missing_ok=True)


def _is_old(path):
    return clock.now() - datetime.fromtimestamp(path.stat().st_mtime, UTC) > KEEP_FILE_FOR
