"""The welcome of the home page: it stays until three people are followed, or until it is closed."""

from microblog.models import Follow, Invited, people

ENOUGH = 3
OTHERS = 5


def people_for(user):
    """Whom *user* could get to know, a list, their inviter first; None if they need no welcome any more."""
    if user.is_welcomed or Follow.are_by(user, ENOUGH):
        return None
    return people.to_meet(user, Invited.inviter_of(user), OTHERS)
