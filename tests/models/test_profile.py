from microblog.models import Block
from microblog.models.profile import Profile
from tests.conftest import make_user


def test_a_profile_counts_followers_and_followed(susan, john):
    john.follow(susan)

    assert Profile.of("susan")[1:3] == (1, 0)
    assert Profile.of("john")[1:3] == (0, 1)


def test_a_profile_says_how_the_reader_stands_to_the_person(susan, john):
    susan.follow(john)
    assert Profile.of("john", susan).followed
    assert not Profile.of("susan", john).followed

    Block.add(susan, john)
    assert Profile.of("john", susan).blocked
    assert Profile.of("susan", john).blocks
    assert Profile.of("susan", john).hidden
    assert not Profile.of("john").hidden


def test_a_profile_is_one_query_that_scans_nothing(susan, queries, plan):
    queries.clear()
    assert Profile.of("SUSAN", susan).user == susan

    [sql] = queries
    assert Profile.of("nobody", susan) is None
    assert not [step for step in plan(sql, [1] * sql.count("?")) if step.startswith("SCAN")]


def test_a_block_hides_nobody_from_an_administrator(john):
    admin = make_user("boss", is_admin=True)

    Block.add(john, admin)
    assert not Profile.of("john", admin).hidden
    assert Profile.of("boss", john).hidden

    Block.add(admin, john)
    assert Profile.of("john", admin).hidden


def test_suspended_people_count_nowhere(susan, john):
    john.follow(susan)
    susan.follow(john)

    john.suspend()
    assert Profile.of("susan")[1:3] == (0, 0)

    john.restore()
    assert Profile.of("susan")[1:3] == (1, 1)
