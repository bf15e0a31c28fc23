"""
Who sees whom, and so whose posts and likes: on every page, in every list and by search.

A block hides two people from each other; who is suspended is hidden from everybody.
"""

from microblog.base.prepared import prepared
from microblog.models.block import Block
from microblog.models.user import User


def hidden_from(reader, is_admin):
    """
    Ids of those whom a block hides from *reader*, for a subquery.

    Nobody can hide from an administrator, who misses only those whom they blocked themselves.
    """
    placed = Block.placed_by(reader)
    return placed if is_admin else placed.union_all(Block.met_by(reader))


def is_here(person):
    """The condition that *person*, a column with a user's id, is not suspended."""
    # Told by the id: no index of the suspended is walked instead of the order, and their rows are not read.
    return person.not_in(User.suspended())


def people_seen_by(reader, people):
    """*people*, a prepared query of users, without those whom a block hides from *reader*."""
    return _people_seen_by(people, reader, reader.is_admin)


@prepared
def _people_seen_by(people, reader, is_admin):
    return people.where(User.id.not_in(hidden_from(reader, is_admin)))
