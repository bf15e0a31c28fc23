"""Mails kept in files because there is no mail server, for the administrator to read and pass on."""

import email
import email.policy
import re
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import flask_mail

from microblog.base import error_codes
from microblog.base.database import data_dir
from microblog.base.files import atomic_write, changed_at
from microblog.base.i18n import N_
from microblog.mail.exceptions import MailDelayed

NOT_WRITTEN = N_("The mail could not be written to the outbox.")

# Enough for the headers of any mail of ours, whatever is attached to it.
HEADERS_BYTES = 8192
ID = re.compile(r"[a-z0-9-]{1,64}")


class OutboxMail(NamedTuple):
    id: str
    message: EmailMessage
    written_at: datetime

    @property
    def text(self) -> str:
        """The plain text of the mail."""
        body = self.message.get_body(("plain",))
        return body.get_content() if body else ""

    @property
    def attachments(self) -> list[str | None]:
        return [part.get_filename() for part in self.message.iter_attachments()]


def write(mail_id: str, message: flask_mail.Message) -> Path:
    """
    Write *message* to the outbox, whole or not at all, and return its path.

    Raises:
        MailDelayed: the disk is full, or the folder cannot be written.
    """
    path = path_of(mail_id)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with atomic_write(path, "wb") as file:
            file.write(message.as_bytes())
    except OSError as error:
        raise MailDelayed(error_codes.OUT_OF_SPACE if error_codes.is_full(error) else NOT_WRITTEN) from error
    return path


def delete(mail_id: str) -> None:
    """Delete the mail and what was begun of it, if they are there."""
    for path in _folder().glob(f"{mail_id}.*"):
        path.unlink(missing_ok=True)


def newest(count: int) -> tuple[list[OutboxMail], bool]:
    """The *count* newest mails, a list, with their headers only; and whether there are older ones."""
    paths = sorted(_folder().glob("*.eml"), key=_written_at, reverse=True)
    return [mail for path in paths[:count] if (mail := _read(path, HEADERS_BYTES))], len(paths) > count


def read(mail_id: str) -> OutboxMail | None:
    """The mail, or None when there is none."""
    return _read(path_of(mail_id))


def beginning_with(beginning: str) -> list[OutboxMail]:
    """The mails whose id begins with *beginning*, a list; whole, and in no order."""
    paths = _folder().glob("*.eml") if ID.fullmatch(beginning) else ()
    return [mail for path in paths if path.stem.startswith(beginning) and (mail := _read(path))]


def path_of(mail_id: str) -> Path:
    """Path of the mail, which may not exist; no id leads out of the outbox."""
    return _folder() / (f"{mail_id}.eml" if ID.fullmatch(mail_id) else "none")


def _read(path: Path, size_bytes: int = -1) -> OutboxMail | None:
    try:
        with path.open("rb") as file:
            content = file.read(size_bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        return OutboxMail(path.stem, message, changed_at(path))
    except FileNotFoundError:
        return None


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        # Deleted since the folder was listed, with its recipient's account.
        return 0


def _folder() -> Path:
    return data_dir() / "outbox"
