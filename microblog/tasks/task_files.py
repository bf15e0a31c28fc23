"""The file of a task, and the drafts of its attempts."""

from contextlib import suppress
from pathlib import Path

from microblog.base.database import data_dir
from microblog.tasks.task_row import TaskRow


class TaskFiles(TaskRow):
    """What a ``Task`` knows of its files."""

    @property
    def file(self) -> Path:
        """Path of the file; its owner can download it while ``file_expires_at`` is set."""
        return data_dir() / "exports" / f"{self.id}.json"

    @property
    def draft(self) -> Path:
        """Path that this attempt writes to; each attempt has its own."""
        return self.file.with_suffix(f".{self.consumer_id}-{self.attempts}.part")

    def delete_drafts(self) -> None:
        """Delete what this attempt or an earlier one began to write."""
        self._delete(".part")

    def delete_files(self) -> None:
        """Delete the file and all drafts of it."""
        self._delete("")

    def delete_leftovers(self) -> None:
        """What was offered before such an end stays."""
        if self.file_expires_at is None:
            self.delete_files()
        else:
            self.delete_drafts()

    def _delete(self, ending: str) -> None:
        for path in self._files():
            if path.name.endswith(ending):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Paths of the file and all drafts; none where there is no folder that can be read."""
        # No pattern: `re` would keep one for each task, and soon none of all others.
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            return [path for path in self.file.parent.iterdir() if path.name.startswith(f"{self.id}.")]
        return []
