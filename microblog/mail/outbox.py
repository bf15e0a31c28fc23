"""Mails kept in files because there is no mail server, for the administrator to read and pass on."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import NamedTuple

from microblog.base.database import data_dir

# Enough for the headers of any mail of ours, whatever is attached to it.
HEADERS_BYTES = 8192
ID = re.compile(r"[a-z0-9-]{1,64}")


class Letter(NamedTuple):
    id: str
    message: EmailMessage
    written_at: datetime

    @property
    def text(self):
        """The plain text of the mail."""
        body = self.message.get_body(("plain",))
        return body.get_content() if body else ""

    @property
    def attachments(self):
        return [part.get_filename() for part in self.message.iter_attachments()]


def newest(count):
    """The *count* newest letters, a list, with their headers only; and whether there are older ones."""
    paths = sorted(_folder().glob("*.eml"), key=_written_at, reverse=True)
    return [letter for path in paths[:count] if (letter := _read(path, HEADERS_BYTES))], len(paths) > count


def read(letter_id):
    """The letter, or None when there is none."""
    return _read(path_of(letter_id))


def path_of(letter_id):
    """Path of the letter, which may not exist; no id leads out of the outbox."""
    return _folder() / (f"{letter_id}.eml" if ID.fullmatch(letter_id) else "none")


def _read(path, size_bytes=-1):
    try:
        with path.open("rb") as file:
            content = file.read(size_bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        return Letter(path.stem, message, datetime.fromtimestamp(path.stat().st_mtime, UTC))
    except FileNotFoundError:
        return None


def _written_at(path):
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        # Deleted since the folder was listed, with its recipient's account.
        return 0


def _folder():
    return data_dir() / "outbox"
