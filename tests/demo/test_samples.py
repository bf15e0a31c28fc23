from collections import Counter
from datetime import UTC, datetime
from itertools import chain

import pytest

from microblog.base.entities import named
from microblog.base.text import MAX_LENGTH
from microblog.demo import samples

NIGHT, NOON = datetime(2026, 11, 24, 0, 1, tzinfo=UTC), datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("now", [NIGHT, NOON])
def test_no_post_is_later_than_now_and_the_newest_comes_last(now):
    moments = [post.at for post in samples.posts(now)]

    assert moments == sorted(moments)
    assert (now - moments[-1]).total_seconds() < 600
    assert (now - moments[0]).days >= 20


def test_everybody_has_a_say_and_room_for_a_longer_name():
    posts = samples.posts(NOON)
    names = {person.name: f"{person.name}_demo" for person in samples.people()}

    assert {post.author for post in posts} == set(range(12))
    assert max(len(post.body.format(**names)) for post in posts) <= MAX_LENGTH
    people, tags = zip(*(named(post.body.format(**names)) for post in posts), strict=True)
    assert set(chain(*people)) <= set(names.values())
    assert max(Counter(chain(*tags)).values()) > 1


def test_messages_are_answered_and_fit():
    messages = samples.messages(NIGHT)
    pairs = {(message.sender, message.recipient) for message in messages}

    assert messages == sorted(messages)
    assert all(message.at < NIGHT and 0 < len(message.body) <= MAX_LENGTH for message in messages)
    assert all((recipient, sender) in pairs for sender, recipient in pairs)


@pytest.mark.parametrize("kind", ["post", "about"])
@pytest.mark.parametrize("language", ["en", "es", "zh", "ar"])
def test_there_are_many_sentences_and_each_fits(language, kind):
    sentences = samples.sentences(language, kind)

    assert len(set(sentences)) == len(sentences) > {"post": 1000, "about": 25}[kind]
    assert max(map(len, sentences)) <= MAX_LENGTH - len("@demo1000000 ")
    assert kind == "about" or any(named(sentence)[1] for sentence in sentences)
    assert all(sentence == sentence.strip() for sentence in sentences)


@pytest.mark.parametrize("now", [NIGHT, NOON])
def test_the_twelve_answer_each_other(now):
    posts = samples.posts(now)
    answers = [(index, post) for index, post in enumerate(posts) if post.back]

    assert len(answers) > 12
    assert all(
        index >= post.back and posts[index - post.back].author != post.author for index, post in answers
    )
    assert not [post.body for post in posts if post.body.startswith("{")]
