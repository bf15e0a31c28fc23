"""Failures that nobody has seen to: tasks that failed and were neither tried again nor dismissed."""

from peewee import SQL

# As a literal, like ``claims.CRASHED``: the condition of the index.
FAILURE = SQL("state = 'failed' AND dismissed_at IS NULL")
