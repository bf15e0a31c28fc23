"""What the doctor says about one thing that it checked."""

from typing import NamedTuple

WELL, WARNING, FAULT = "well", "warning", "fault"

MIB = 1024**2
FLASK = ".venv/bin/flask --app microblog"


class Finding(NamedTuple):
    """*grade* of *part*: *what* was seen, and the *remedy*, ``""`` if nothing needs to be done."""

    grade: str
    part: str
    what: str
    remedy: str = ""


def hours(age):
    """*age*, a timedelta, as ``90 min`` or ``3 h``."""
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
