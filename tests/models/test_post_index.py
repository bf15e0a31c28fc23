"""The index of posts: what is found, what is marked, and that it stays correct whatever happens to posts."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import DatabaseError
from playhouse.pool import PooledSqliteDatabase

from microblog import demo
from microblog.base import database, slices
from microblog.base.database import db
from microblog.models import Block, Post, PostIndex, User
from microblog.models.search_marks import marks
from microblog.tables import MODELS


def found(query, reader=None):
    return [post.body for post in PostIndex.search(query, reader)]


def marked(query):
    return [[post.body[start:end] for start, end in post.marks] for post in PostIndex.search(query)]


def assert_right():
    """FTS5's own check, which compares the index with every post."""
    db.execute_sql("INSERT INTO post_index (post_index, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tea", ["Green tea", "tea for two"]),
        ("TEA", ["Green tea", "tea for two"]),
        ("tea green", ["Green tea"]),
        ('"tea for"', ["tea for two"]),
        ("“tea for”", ["tea for two"]),
        ('"for tea"', []),
        ("tea -green", ["tea for two"]),
        ("tea －green", ["tea for two"]),
        ("green OR two", ["Green tea", "tea for two"]),
        ("tw*", ["tea for two"]),
        ("t*", []),
        ('"tea f"*', []),
        ('"tea fo"*', ["tea for two"]),
        ("x-t* OR t_t* OR (t*) OR t**", []),
        ("green t*", []),
        ("tw＊", ["tea for two"]),
        ("tw", []),
        ("adios", ["¡Adiós!"]),
        ("ADIÓS", ["¡Adiós!"]),
        ("words:tea", []),
        ("{words} : tea", []),
        ("for:tea", ["tea for two"]),
        ("teapot", []),
        ("-tea", []),
        ("", []),
        ("🎉", []),
        ("'; DROP TABLE post; --", []),
    ],
)
def test_a_query_finds_words_phrases_and_prefixes_newest_first(susan, write_posts, query, expected):
    write_posts(susan, "tea for two", "Green tea", "¡Adiós!")

    assert found(query) == expected


@pytest.mark.parametrize(
    "query", ["导出", "后台", "博客的", "博客 后台", "“任务”", "export导出", "博*", "导出 -前台"]
)
def test_parts_of_chinese_words_are_found(susan, write_posts, query):
    write_posts(susan, "把博客的export导出任务交给后台之后", "出导")

    assert found(query) == ["把博客的export导出任务交给后台之后"]


@pytest.mark.parametrize(
    ("text", "query"),
    [("東京タワーへ行った", "タワー"), ("서울에 갔다", "서울"), ("𠮷野家", "𠮷野"), ("ﾊﾝｶｸ", "ﾊﾝ")],
)
def test_parts_of_japanese_and_korean_words_are_found(susan, write_posts, text, query):
    write_posts(susan, text)

    assert marked(query) == [[query]]


def test_characters_that_stand_apart_are_no_phrase(susan, write_posts):
    write_posts(susan, "出 and 导")

    assert found("导出") == []


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("tea and Tea", "tea", ["tea", "Tea"]),
        ("把 博客 的", "博客", ["博客"]),
        ("中 文\n中文", "中文", ["中 文", "中文"]),
        ("tea for two", '"for two"', ["for two"]),
        ("exporting exports", "expo*", ["exporting", "exports"]),
        ("¡Adiós, adios!", "adios", ["Adiós", "adios"]),
        ("tea not coffee", "tea -milk", ["tea"]),
        ("看https://example.org/导出", "导出", ["导出"]),
    ],
)
def test_what_was_found_is_marked(susan, write_posts, text, query, expected):
    write_posts(susan, text)

    assert marked(query) == [expected]


def test_nothing_is_marked_without_a_search(susan, write_posts):
    [post] = write_posts(susan, "tea")

    assert post.marks == []
    assert marks("a\x01b\x02c", "abc") == [(1, 2)]


def test_people_across_a_block_do_not_find_each_other(susan, john, write_posts):
    write_posts(susan, "tea for one")
    write_posts(john, "tea for two")
    Block.add(susan, john)

    assert found("tea", susan) == ["tea for one"]
    assert found("tea", john) == ["tea for two"]
    assert found("tea") == ["tea for two", "tea for one"]


def test_a_post_that_goes_leaves_the_index(susan, write_posts):
    one, _two, _three = write_posts(susan, "tea", "tea 导出", "other")
    one.delete_instance()
    Post.delete().where(Post.body == "other").execute()

    assert found("tea") == ["tea 导出"]
    assert found("other") == []
    assert_right()


def test_an_account_that_goes_takes_its_posts_out_of_the_index(susan, john, write_posts):
    write_posts(susan, "tea", "导出")
    write_posts(john, "tea")
    susan.delete_instance()

    assert [post.author for post in PostIndex.search("tea")] == [john]
    assert db.execute_sql("SELECT count(*) FROM post_index WHERE post_index MATCH 'tea'").fetchone() == (1,)
    assert_right()


def test_a_text_that_changes_is_found_by_its_new_words(susan, write_posts):
    write_posts(susan, "tea")
    Post.update(body="coffee").execute()

    assert found("tea") == []
    assert found("coffee") == ["coffee"]
    assert_right()


def test_what_is_rolled_back_is_not_found(susan, write_posts):
    with db.atomic() as transaction:
        write_posts(susan, "tea")
        transaction.rollback()

    assert found("tea") == []
    assert_right()


def test_demo_posts_are_found(app):
    demo.fill(users=3, posts=200, follows=1, seed=1)

    Post.create(author=User.named("demo1"), body="the last tea")

    assert found("tea")[0] == "the last tea"
    assert found("导出")
    assert_right()


def test_a_copy_of_the_database_finds_the_same(susan, write_posts, tmp_path):
    write_posts(susan, "tea", "gone", "导出")
    Post.delete().where(Post.body == "gone").execute()
    database.copy_into(tmp_path / "copy.db")

    copy = PooledSqliteDatabase(str(tmp_path / "copy.db"))
    with copy.bind_ctx(MODELS):
        assert found("导出") == ["导出"]
        copy.execute_sql("INSERT INTO post_index (post_index, rank) VALUES ('integrity-check', 1)")
    copy.close_all()


def test_rebuilding_mends_an_index_that_is_wrong(susan, write_posts):
    write_posts(susan, "tea", "导出")
    db.execute_sql("INSERT INTO post_index (post_index) VALUES ('delete-all')")
    with pytest.raises(DatabaseError, match="malformed"):
        assert_right()

    PostIndex.rebuild()

    assert found("tea") == ["tea"]
    assert found("导出") == ["导出"]
    assert_right()


def test_a_search_reads_the_index_from_the_newest_and_stops(susan, plan):
    steps = plan(slices.newest(PostIndex.search("tea", susan), 1000, None, 26, PostIndex))

    assert re.match(r"SCAN t\d VIRTUAL TABLE INDEX", steps[0])
    assert not [step for step in steps if "TEMP B-TREE" in step]


@pytest.fixture
def seeded(susan, write_posts):
    write_posts(susan, "a b ab 导出 words", "AND or NOT", "出导,b\u3000a", '("a"):b\nNEAR a*', "¡á!")


SIGNS = st.text(st.sampled_from("ab导出\"*-()+:^{}, ~\\'\0\u3000"), max_size=60)
WORDS = st.sampled_from(
    ["AND", "OR", "NOT", "NEAR(", "a", "b*", "-b", "导", *'"-+:()*^', "words:", "{words}:"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text() | SIGNS | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map("".join))
def test_no_query_is_an_error_and_marks_lie_within_the_text(seeded, query):
    assert_marks_fit(query)


@pytest.mark.parametrize("part", ["(", '"', "-a ", "a NOT ", "b* OR ", "导", "(a OR ", '"a" '])
def test_nor_is_a_long_one(seeded, part):
    assert_marks_fit(part * 5000)


def assert_marks_fit(query):
    for post in PostIndex.search(query):
        ends = [0, *(end for mark in post.marks for end in mark), len(post.body)]
        assert ends == sorted(ends)
        assert all(start < end for start, end in post.marks)


def test_the_hostile_queries_do_find_something(seeded):
    assert found("ab* 导") == ["a b ab 导出 words"]
    assert found('"导出') != []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(min_size=1, max_size=140).filter(lambda text: "\0" not in text))
def test_any_post_is_indexed_right(susan, body):
    Post.create(author=susan, body=body)

    assert_right()


# What people search for, what it finds, and what it does not find: add lines of the languages that you read.
IN_EACH_SCRIPT = {
    "Hindi: vowel signs are letters": ("दान", "दान करना अच्छा है", "दिन अच्छा है"),
    "Hindi: a word that is excluded": ("अच्छा -दिन", "दान अच्छा है", "दिन अच्छा है"),
    "Bengali": ("কলম", "আমার কলম", "আমার কালাম"),
    "Tamil": ("பால்", "பால் வாங்கு", "பல் வலி"),
    "Arabic without points": ("مرحبا", "مَرْحَبًا بكم", "مربا"),
    "Arabic with points": ("مَرْحَبًا", "مرحبا بكم", "مربا"),
    "Arabic, stretched": ("مرحبا", "مرحبـــا", "مربا"),
    "Persian": ("کتاب", "این کِتاب است", "کباب"),
    "Hebrew without points": ("שלום", "שָׁלוֹם לכולם", "שלב"),
    "Greek, final sigma": ("ΣΙΣΥΦΟΣ", "ο Σίσυφος", "σισυφο"),
    "Russian": ("ЁЛКА", "ёлка", "палка"),
    "Russian, without dots": ("елка", "Ёлка", "палка"),
    "German": ("strasse", "Große Straße", "strase"),
    "French": ("COEUR", "cœur", "cour"),
    "Danish": ("smorrebrod", "Smørrebrød", "smrrebrd"),
    "Polish": ("lodz", "Łódź", "odz"),
    "Arabic, without hamza": ("احمد", "أحمد", "حمد"),
    "Persian, by an Arabic keyboard": ("كتابي", "کتابی", "كباب"),
    "Vietnamese": ("viet", "tiếng Việt", "vit"),
    "Turkish": ("gunaydin", "Günaydın", "gun aydin"),
    "Latin, both forms of an accent": ("cafe", "cafe\u0301", "caffe"),
    "full-width letters": ("abc", "ＡＢＣ", "ab c"),
    "full-width letters asked for": ("ＡＢＣ", "abc", "ab c"),
    "a ligature": ("fish", "ﬁsh and chips", "fis h"),
    "letters of mathematicians": ("bold", "so 𝐛𝐨𝐥𝐝", "b old"),
    "a soft hyphen": ("cooperate", "co\u00adoper\u00adate", "co operate"),
    "a mark of direction": ("tea", "\u200ftea\u200e", "te a"),
    "Thai: inside a text without spaces": ("กินข้าว", "สวัสดีครับผมชอบกินข้าว", "กินขาว"),
    "Lao": ("ລາວ", "ຂ້ອຍຮັກລາວຫຼາຍ", "ລາຍ"),
    "Khmer": ("ភាសា", "ខ្ញុំរៀនភាសាខ្មែរ", "ភាសូ"),
    "Burmese": ("မြန်မာ", "ကျွန်တော်မြန်မာလူမျိုး", "မြန်မြန်"),
    "Chinese": ("导出", "把导出任务交给后台", "导入出"),
    "Japanese, half-width": ("ハンカク", "ﾊﾝｶｸの文字", "ハンコ"),
    "Korean": ("서울", "서울에 갔다", "부산"),
    "an emoji": ("🎉", "party🎉tonight", "party tonight"),
    "a word beside an emoji": ("party", "party🎉tonight", "partytonight"),
    "an emoji of several": ("👨\u200d👩\u200d👧", "us: 👨\u200d👩\u200d👧", "👨 and 👧"),
    "an emoji in any colour": ("👍", "👍🏽 yes", "👎"),
    "a symbol as text or as a picture": ("❤", "I❤\ufe0fyou", "I love you"),
    "a flag": ("🇩🇪", "in 🇩🇪", "in 🇪🇺"),
    "a word beside a sign": ("microblog", "Microblog™ and Microblog©", "microblogs"),
    "an operator in lower case is a word": ("not tea", "this is not tea", "tea"),
}


@pytest.mark.parametrize(("query", "text", "other"), IN_EACH_SCRIPT.values(), ids=IN_EACH_SCRIPT)
def test_words_are_found_in_each_script_and_marked(susan, write_posts, query, text, other):
    write_posts(susan, text, other)

    assert found(query) == [text]
    assert all(hit and hit in text for hit in marked(query)[0])
    assert_right()


@pytest.mark.parametrize(
    "text", [text for _query, text, _other in IN_EACH_SCRIPT.values()], ids=IN_EACH_SCRIPT
)
def test_a_whole_text_finds_itself_and_is_marked_as_it_is(susan, write_posts, text):
    write_posts(susan, text)

    assert found(f'"{text}"') == [text]
    words = "".join(re.findall(r"\w", text))
    assert set(words) <= set("".join(marked(f'"{text}"')[0]))
