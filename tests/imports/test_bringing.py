"""Posts are brought, found again, cancelled, and taken away."""

import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256

import pytest
from flask import current_app
from peewee import OperationalError, fn, sqlite3

from microblog import exports
from microblog.base import clock
from microblog.base.database import db
from microblog.base.i18n.site_languages import in_language
from microblog.exports import archive
from microblog.exports.archive import names
from microblog.imports import import_row, jobs, posts, requests
from microblog.imports.import_row import BROUGHT, PREVIEW, REMOVING, UNDONE, Import
from microblog.models import Block, Mention, Notification, Post, Tag, User, people
from microblog.tasks import reconciler
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests import import_files as files
from tests.conftest import make_user
from tests.imports.conftest import again, tables

pytestmark = pytest.mark.usefixtures("inside_app")

EACH = {
    "mastodon": files.packed(files.MASTODON),
    "tar": files.tarred(files.MASTODON),
    "x": files.packed(files.X),
    "bar": files.packed(files.BAR),
    "atom": files.ATOM,
    "rss": files.RSS,
    "old": files.POSTS_OLD,
    "new": files.POSTS_NEW,
}


def feed(*years, **fields):
    """A JSON Feed with a post for each of *years*."""
    return {
        "items": [
            {"id": f"{year}", "content_text": f"hello {year}", "date_published": f"{year}-01-01T00:00:00Z"}
            | fields
            for year in years
        ]
    }


def bodies(user):
    return [post.body for post in Post.select().where(Post.author == user).order_by(Post.id)]


def test_a_preview_tells_what_would_come_and_writes_nothing(look, susan):
    before = tables(but=("notification",))

    row = look(susan, files.packed(files.MASTODON))

    assert row.state == PREVIEW
    expected = {
        "new": 4,
        "here": 0,
        "left_out": 7,
        "unreadable": 0,
        "replies": 1,
        "reposts": 0,
        "pictures": 1,
    }
    assert row.counts == expected | {"span": [1725184800_000000, 1725530400_000000]}
    assert row.task.result == row.counts
    assert tables(but=("notification",)) == before


def test_confirmed_posts_stand_at_their_times(bring, susan, write_posts):
    write_posts(susan, "today")

    row = bring(susan, feed(2020, 2010, 2015))

    assert (row.state, row.task.result) == (BROUGHT, {"posts": 3, "here": 0})
    assert bodies(susan) == ["hello 2010", "hello 2015", "hello 2020", "today"]
    assert Post.get(body="hello 2010").id == 1262304000_000000
    assert list(row.file.parent.glob("*.upload")) == []


@pytest.mark.parametrize("name", EACH)
def test_a_second_import_finds_nothing_new(bring, look, susan, name):
    first = bring(susan, EACH[name], reply=True, repost=True)
    had = bodies(susan)

    second = look(susan, EACH[name])
    assert second.counts["new"] == 0
    requests.confirm(second, {"reply": True, "repost": True})

    assert len(had) == first.task.result["posts"] > 0
    assert (bodies(susan), again(second).task.result["posts"]) == (had, 0)


@pytest.mark.parametrize("name", EACH)
def test_undoing_leaves_everything_as_it_was(bring, susan, john, write_posts, name):
    write_posts(susan, "hello first")
    susan.follow(john)
    before = tables(but=("notification",))
    row = bring(susan, EACH[name], profile=True, follow=["john"], reply=True, repost=True)
    assert tables(but=("notification",)) != before

    requests.undo(row)

    assert again(row).state == UNDONE
    assert tables(but=("notification",)) == before
    assert db.execute_sql("SELECT count(*) FROM former_post").fetchone() == (0,)


def test_equal_posts_of_one_second_match_one_each(look, bring, susan):
    bring(susan, {"posts": files.POSTS_OLD["posts"][:1]})

    assert look(susan, files.POSTS_OLD).counts["new"] == 1


def test_answers_and_reposts_come_if_they_are_asked_for(bring, susan):
    bring(susan, files.packed(files.X), reply=True)
    assert "@john yes" in bodies(susan)
    assert "RT @john: his words" not in bodies(susan)


def test_only_posts_of_the_chosen_time_come(bring, susan):
    bring(susan, feed(2010, 2015, 2020), first=1262304000_000001, last=1577836799_000000)

    assert bodies(susan) == ["hello 2015"]


def test_profile_and_follows_come_only_if_chosen_and_only_who_is_offered(
    bring, susan, john, app, monkeypatch
):
    bring(susan, files.packed(files.MASTODON))
    assert (User.get_by_id(susan.id).about_me, list(people.followed_by(susan, susan))) == ("", [])
    Block.add(john, susan)
    bring(susan, files.packed(files.MASTODON), profile=True, follow=["john", "susan", "nobody"])
    assert (User.get_by_id(susan.id).about_me, list(people.followed_by(susan, susan))) == ("I write", [])
    Block.remove(john, susan)
    monkeypatch.setitem(app.config, "SITE_URL", "http://localhost:8000")
    row = bring(susan, files.packed(files.MASTODON), follow=["john"])
    assert list(people.followed_by(susan, susan)) == [john]

    requests.undo(row)
    assert list(people.followed_by(susan, susan)) == []


def test_a_profile_that_was_changed_since_is_left_when_an_import_is_undone(bring, susan):
    row = bring(susan, files.packed(files.MASTODON), profile=True)
    susan.update_profile("susan", "of today")

    requests.undo(row)

    assert User.get_by_id(susan.id).about_me == "of today"


def test_an_undoing_does_not_mind_posts_that_were_deleted_meanwhile(bring, susan):
    row = bring(susan, feed(2010, 2011))
    Post.get(body="hello 2010").remove(by="susan")

    requests.undo(row)

    assert bodies(susan) == []


def test_an_import_is_quiet(bring, susan, john, write_posts):
    write_posts(john, "hello")
    john.follow(susan)
    Notification.delete().execute()
    seen = Post.select(fn.MAX(Post.id)).scalar()
    Notification.delete().execute()  # That john follows her is news.

    bring(susan, feed(2010, content_text="@john hello"))

    # The line about new posts counts from there, and notes and mentions would be rows.
    assert Post.count_newer(john, seen, 99) == 0
    assert {note.name for note in Notification.select()} == {"task_progress"}
    assert {note.user for note in Notification.select()} == {susan}


def test_after_thirty_days_an_import_stays(bring, susan, later):
    row = bring(susan, feed(2010))
    later(days=30, seconds=60)

    assert not row.can_be_undone
    with pytest.raises(requests.NotNow):
        requests.undo(row)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(posts, "BATCH", 2)


def stop_at(monkeypatch, number, error):
    """Have the batch *number* raise *error* once its posts are written."""
    write, calls = posts.write, []

    def fail(*arguments):
        write(*arguments)
        calls.append(arguments)
        if len(calls) == number:
            raise error

    monkeypatch.setattr(posts, "write", fail)
    return calls


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_import_that_was_killed_goes_on_at_the_next_batch(look, susan, small_batches, monkeypatch, number):
    class Killed(BaseException):
        pass

    row = look(susan, feed(*range(2000, 2006)))
    calls = stop_at(monkeypatch, number, Killed())
    with pytest.raises(Killed):
        requests.confirm(row, {})
    assert len(bodies(susan)) == 2 * (number - 1)
    Task.update(consumer_id="gone").where(Task.state == RUNNING).execute()

    reconciler.reconcile()

    assert again(row).state == BROUGHT
    assert bodies(susan) == [f"hello {year}" for year in range(2000, 2006)]
    # The batch that was cut short was written twice, the others once.
    assert len(calls) == 4


def full():
    reason = sqlite3.OperationalError("database or disk is full")
    reason.sqlite_errorname = "SQLITE_FULL"
    return OperationalError(reason, *reason.args)


@pytest.mark.parametrize("error", [full(), OSError(28, "No space left on device")])
def test_a_full_disk_leaves_nothing_and_says_so(look, susan, small_batches, monkeypatch, error):
    row = look(susan, feed(*range(2000, 2006)))
    stop_at(monkeypatch, 2, error)

    requests.confirm(row, {})

    assert again(row).state == FAILED
    assert again(row).task.error == "The server is out of space. Tell the administrator."
    assert (bodies(susan), again(row).done) == ([], 0)


def test_a_database_that_may_not_grow_leaves_nothing_and_says_so(look, susan):
    """As SQLite itself tells it, in the middle of a batch."""
    day = "{}-01-01T00:00:00Z"
    many = {"posts": [{"body": f"{n} " * 40, "timestamp": day.format(1990 + n % 30)} for n in range(3000)]}
    row = look(susan, many)
    pages = db.execute_sql("PRAGMA page_count").fetchone()[0]
    # Room enough for the task to end.
    db.execute_sql(f"PRAGMA max_page_count = {pages + 20}")

    requests.confirm(row, {})

    assert again(row).task.error == "The server is out of space. Tell the administrator."
    assert (again(row).state, bodies(susan), again(row).done) == (FAILED, [], 0)


def test_cancelling_leaves_nothing(look, susan, small_batches, monkeypatch):
    row = look(susan, feed(*range(2000, 2006)))
    before = tables(but=("notification",))
    write = posts.write

    def cancel(*arguments):
        write(*arguments)
        db.after_commit(lambda: again(row).task.cancel())

    monkeypatch.setattr(posts, "write", cancel)
    requests.confirm(row, {})

    assert again(row).state == CANCELLED
    assert tables(but=("notification",)) == before


def exported(user):
    """The bytes of the archive of *user*, who then has no posts."""
    path = import_row.folder().with_name("archive.zip")
    with in_language("en"):
        archive.write_zip(exports.source_of(user), path)
    Post.delete().where(Post.author == user).execute()
    return path.read_bytes()


def changed(data, name, old, new):
    """The archive *data* in which somebody has changed a file, and its checksums."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    before = sha256(entries[name]).hexdigest().encode()
    entries[name] = entries[name].replace(old, new)
    after = sha256(entries[name]).hexdigest().encode()
    for manifest in (names.MANIFEST, names.TAG_MANIFEST):
        entries[manifest] = entries[manifest].replace(before, after)
    return files.packed(entries)


FORGERIES = {
    "somebody else's": lambda data: data,
    "a post": lambda data: changed(data, names.POSTS, b"mine", b"hers"),
    "the account": lambda data: changed(data, names.ACCOUNT, b"susan", b"Susan"),
    "without a seal": lambda data: changed(data, names.SEAL, b"HMAC", b"hmac"),
    "another site's": lambda data: data,
}


def test_what_this_sites_seal_vouches_for_was_made_here(bring, susan, write_posts):
    write_posts(susan, "mine")
    data = exported(susan)

    bring(susan, data)

    [post] = Post.select()
    assert (post.body, post.sealed) == ("mine", True)


def test_what_was_made_here_means_whom_it_meant_and_what_comes_from_elsewhere_nobody(
    bring, susan, john, write_posts
):
    write_posts(susan, "mine, for @john and @late #here")
    data = exported(susan)
    late = make_user("late")
    User.update(created_at=clock.now() + timedelta(hours=1)).where(User.id == late.id).execute()

    bring(susan, data)
    bring(susan, feed(2020, content_text="for @john #elsewhere"))

    assert list(Mention.select(Mention.name).tuples()) == [("john",)]
    assert list(Tag.select(Tag.word).tuples()) == [("elsewhere",), ("here",)]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_no_seal_of_this_account_vouches_for_is_imported(
    bring, susan, john, write_posts, monkeypatch, forgery
):
    write_posts(susan, "mine")
    data = FORGERIES[forgery](exported(susan))
    if forgery == "another site's":
        monkeypatch.setitem(current_app.config, "SIGNING_KEYS", ["another key"])

    bring(john if forgery == "somebody else's" else susan, data)

    [post] = Post.select()
    assert not post.sealed


def test_what_nobody_could_remove_is_removed_by_the_next_housekeeping(
    look, susan, nobody_works, small_batches
):
    huey.immediate = True
    row = look(susan, feed(*range(2000, 2006)))
    huey.immediate = False
    requests.confirm(row, {})
    with db.atomic():
        posts.write(list_of(row), susan.id, row.id, {"is_ours": False, "is_sealed": False})
        row.write(done=6)
    running = {"state": RUNNING, "consumer_id": "gone", "attempts": 1, "started_at": clock.now()}
    Task.update(running).where(Task.state == QUEUED).execute()
    requests.cancel(again(row))
    assert (again(row).state, len(bodies(susan))) == (REMOVING, 6)

    huey.immediate = True
    [keep_house] = [each for each in huey.housekeeping if each.__module__ == jobs.__name__]
    keep_house()

    assert (again(row).state, bodies(susan)) == (CANCELLED, [])
    assert Task.get(name="undo_import").state == SUCCEEDED
    jobs.remove_leftovers()
    assert Task.select().where(Task.name == "undo_import").count() == 1


def list_of(row):
    with jobs.SortedRecords.opened(row.records) as records:
        return list(records.posts())


def test_a_file_that_cannot_be_read_fails_with_its_reason(look, susan):
    row = look(susan, "hello")

    assert row.state == FAILED
    assert row.task.error == "This site cannot tell what kind of file this is."
    assert list(row.file.parent.iterdir()) == []


def test_more_than_the_most_posts_are_refused_and_none_is_kept(bring, susan, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_POSTS", 2)

    row = bring(susan, feed(2001, 2002, 2003))

    assert (row.state, bodies(susan)) == (FAILED, [])
    assert "200,000" in row.task.error


def test_an_archive_of_ours_brings_a_deleted_post_back_under_its_own_id(bring, susan, john):
    [post] = files.POSTS_NEW["posts"][:1]
    row = bring(susan, {"posts": [post]})
    requests.undo(row)
    db.execute_sql("INSERT INTO former_post VALUES (?, ?)", (int(post["id"]), susan.id))

    bring(john, {"posts": [post]})
    bring(susan, {"posts": [post]})

    assert [(each.author.username, each.id) for each in Post.select().order_by(Post.id)] == [
        ("susan", int(post["id"])),
        ("john", int(post["id"]) + 1),
    ]


def test_quotas_count_what_was_read_and_all_that_was_asked_for(look, susan, app, monkeypatch, later):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    look(susan, "unreadable")
    for _ in range(2):
        requests.check_quota(susan)
        look(susan, feed(2010))
    with pytest.raises(requests.TooManyFiles):
        requests.check_quota(susan)
    for row in Import.of(susan):
        requests.cancel(row)
    requests.check_quota(susan)


def test_nobody_sends_more_than_five_files_a_day(bring, susan, app, monkeypatch, later):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    for year in range(2010, 2015):
        requests.check_quota(susan)
        bring(susan, feed(year))
    with pytest.raises(requests.TooManyImports) as refusal:
        requests.check_quota(susan)
    assert 0 < refusal.value.retry_after_s <= timedelta(days=1).total_seconds()

    later(days=1, seconds=60)
    requests.check_quota(susan)


def test_where_a_post_comes_from_is_stored(bring, susan):
    bring(susan, files.packed(files.MASTODON))

    [first, *_others] = db.execute_sql("SELECT origin FROM post ORDER BY id").fetchall()
    assert json.loads(first[0])["url"] == "https://mastodon.example/@susan/1"
    assert clock.now() > susan.created_at


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["hello"],
        [
            "中文，全角",
            "한국어",
            "👩‍👩‍👧 \U0001f600" * 5,
            "\U0001f600" * 140,
            "two\n\n\n\nlines",
            "https://a.example/?b=c",
        ],
    ],
)
def test_an_archive_that_went_out_and_came_in_goes_out_the_same(
    bring, susan, john, write_posts, tmp_path, texts
):
    """On a site without the posts: here, once they are gone as if they had never been."""
    susan.update_profile("susan", "I write\n\nhere")
    susan.set_language("es")
    write_posts(susan, *texts)
    first = archive_of(susan, tmp_path)
    Post.take_back([post.id for post in Post.select()])

    bring(john, first.read_bytes(), profile=True)

    assert manifest(archive_of(User.get_by_id(john.id), tmp_path)) == manifest(first)


@pytest.mark.parametrize("name", ["mastodon", "x", "bar", "atom"])
def test_what_came_from_elsewhere_goes_out_and_comes_in_with_its_origin(bring, susan, john, tmp_path, name):
    bring(susan, EACH[name], profile=True)
    first = archive_of(User.get_by_id(susan.id), tmp_path)
    Post.take_back([post.id for post in Post.select()])

    bring(john, first.read_bytes(), profile=True)

    assert Post.select().where(Post.origin.is_null(False)).count() > 1
    assert manifest(archive_of(User.get_by_id(john.id), tmp_path)) == manifest(first)


@pytest.mark.parametrize("network", ["mastodon", "x"])
def test_a_thread_from_another_network_is_a_conversation_here(bring, susan, network):
    bring(susan, EACH[network])

    answers = list(Post.select().where(Post.conversation.is_null(False)))

    assert answers
    for answer in answers:
        assert Post.get_by_id(answer.reply_to).author == susan
        assert Post.get_by_id(answer.conversation).conversation is None


def test_an_answer_to_an_own_post_that_is_gone_comes_along(bring, susan):
    answer = files.tweet(5, "and more", in_reply_to_user_id_str="77", in_reply_to_status_id_str="1")
    bring(susan, files.packed({**files.X, "data/tweets.js": files.script("tweets", [answer])}))

    assert Post.get(Post.body == "and more").conversation is None


def archive_of(user, folder):
    path = folder / f"{user.username}.zip"
    with current_app.test_request_context():
        archive.write_zip(exports.source_of(user), path)
    return path


def manifest(path):
    with zipfile.ZipFile(path) as file:
        return file.read("manifest-sha256.txt").decode()


@pytest.mark.parametrize(("query", "values"), [(posts.HERE, ("[1]", 1, 2)), (posts.TAKEN, ("[1]", "[1]"))])
def test_what_is_here_is_found_by_the_seconds_of_a_batch_however_much_there_is(plan, query, values):
    steps = [step for step in plan(query, values) if "post" in step and "json_each" not in step]

    assert steps
    assert all("USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in step for step in steps)
