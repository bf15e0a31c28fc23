"""What the doctor says of one thing that it looked at."""

from typing import NamedTuple

WELL, WARNING, FAULT = "well", "warning", "fault"

MIB = 1024**2
FLASK = ".venv/bin/flask --app microblog"


class Finding(NamedTuple):
    """*grade* of *part*: *what* was seen, and what to do about it, ``""`` when nothing is to be done."""

    grade: str
    part: str
    what: str
    remedy: str = ""


def hours(age):
    """``90 min`` or ``3 h``."""
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
