"""Which consumers are alive: each holds a lock on a file of its own."""

import secrets
from contextlib import suppress
from pathlib import Path

from microblog.base import locks


class ConsumerLock:
    """
    Which consumers are alive, by lock and not by clock.

    Each consumer holds an exclusive lock on a file of its own for as long as it lives. The kernel releases it
    at any death, so there is no lease to tune, no clock that can jump and no zombie that wakes up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.consumer_id = ""  # Until it is taken.

    def take(self) -> None:
        """Hold the lock until this process ends."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Random for each start: a consumer that restarts itself keeps its process id.
        self.consumer_id = secrets.token_hex(8)
        draft = self.folder / f".{self.consumer_id}"
        self.file = draft.open("w")
        locks.acquire(self.file)
        # Renamed only once it is locked: a file under its final name can be judged by its lock.
        draft.rename(self.folder / self.consumer_id)

    def living(self) -> set[str]:
        """Ids of the consumers that are alive, a set; removes the files of dead ones."""
        return {path.name for path in self.folder.glob("[!.]*") if self._is_held(path)}

    @staticmethod
    def _is_held(path: Path) -> bool:
        # Another process may have removed it meanwhile.
        with suppress(FileNotFoundError), path.open() as file:
            # Shared, so that two processes checking at once do not take each other for the consumer.
            if not locks.try_acquire(file, shared=True):
                return True
            path.unlink(missing_ok=True)
        return False
