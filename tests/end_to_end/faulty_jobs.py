"""A job that misbehaves, known to the tests and to their consumer only."""

import os

from microblog.lifecycle import job


@job()
def abort(_task):
    """Take the whole consumer down, as a fault in a library of C would."""
    os.abort()
