"""The code that is needed to create the first administrator: proof of access to the data folder."""

import hmac
import secrets

from microblog.base.files import atomic_write


def issue(data_dir):
    """Create the code, unless there is one that somebody may have been given already."""
    if read(data_dir):
        return
    path = _path(data_dir)
    with atomic_write(path, draft=path.with_suffix(f".{secrets.token_hex(4)}")) as file:
        file.write(secrets.token_urlsafe(12))


def read(data_dir):
    """The code; ``""`` when there is none."""
    try:
        text = _path(data_dir).read_text(errors="replace")
    except FileNotFoundError:
        return ""
    # A file that a full disk or a power cut left empty or full of zeros holds no code.
    return text.strip("\0 \r\n")


def matches(data_dir, code):
    """Whether *code* is correct; never if there is no code."""
    right = read(data_dir)
    return bool(right) and hmac.compare_digest(code.encode(), right.encode())


def remove(data_dir):
    """Delete the code; from now on none is correct."""
    _path(data_dir).unlink(missing_ok=True)


def _path(data_dir):
    return data_dir / "setup_code"
