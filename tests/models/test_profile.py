from microblog.models import Block
from microblog.models.profile import Profile
from tests.conftest import make_user


def test_a_profile_counts_followers_and_followed(susan, john):
    john.follow(susan)

    assert Profile.by_username("susan")[1:3] == (1, 0)
    assert Profile.by_username("john")[1:3] == (0, 1)


def test_a_profile_says_how_the_reader_stands_to_the_person(susan, john):
    susan.follow(john)
    assert Profile.by_username("john", susan).followed
    assert not Profile.by_username("susan", john).followed

    Block.add(susan, john)
    assert Profile.by_username("john", susan).blocked
    assert Profile.by_username("susan", john).blocks
    assert Profile.by_username("susan", john).hidden
    assert not Profile.by_username("john").hidden


def test_a_profile_is_one_query_that_scans_nothing(susan, queries, plan):
    queries.clear()
    assert Profile.by_username("SUSAN", susan).user == susan

    [sql] = queries
    assert Profile.by_username("nobody", susan) is None
    assert not [step for step in plan(sql, [1] * sql.count("?")) if step.startswith("SCAN")]


def test_a_block_hides_nobody_from_an_administrator(john):
    admin = make_user("boss", is_admin=True)

    Block.add(john, admin)
    assert not Profile.by_username("john", admin).hidden
    assert Profile.by_username("boss", john).hidden

    Block.add(admin, john)
    assert Profile.by_username("john", admin).hidden


def test_suspended_people_count_nowhere(susan, john):
    john.follow(susan)
    susan.follow(john)

    john.suspend()
    assert Profile.by_username("susan")[1:3] == (0, 0)

    john.restore()
    assert Profile.by_username("susan")[1:3] == (1, 1)
