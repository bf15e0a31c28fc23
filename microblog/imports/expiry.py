"""Files of imports are deleted after a day, and when their import or its user is gone."""

from datetime import timedelta

from microblog.base import clock
from microblog.base.files import changed_at
from microblog.imports.import_row import KEEP_FILE_FOR, Import, folder
from microblog.tasks.task import Task

# Longer than any upload takes.
KEEP_STRAY_FOR = timedelta(hours=2)


def remove_files() -> None:
    """Remove what was uploaded a day ago, unless a task works on it, and what belongs to no import."""
    # Files first: what is uploaded in between is left alone.
    paths = list(folder().glob("*"))
    rows = Import.select(Import, Task).left_outer_join(Task)
    busy = {str(row.id): row.task is not None and not row.task.complete for row in rows}
    for path in paths:
        name = path.name.split(".")[0]
        # What is being uploaded has no row yet, nor has a file whose row is not committed.
        keep_for = KEEP_FILE_FOR if name in busy else KEEP_STRAY_FOR
        if not busy.get(name) and clock.now() - changed_at(path) > keep_for:
            path.unlink(missing_ok=True)
