"""A site with one of everything and no consumer: nothing on it changes by itself."""

from contextlib import contextmanager
from datetime import timedelta
from itertools import count

from microblog import create_app
from microblog.base import clock, schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.base.error_codes import OUT_OF_SPACE
from microblog.exports import MAIL
from microblog.imports import import_row, jobs
from microblog.imports.import_row import Import
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.mail.retries import UNCERTAIN_TWICE
from microblog.mail.smtp import ADDRESS_REFUSED, UNREACHABLE
from microblog.models import Block, Follow, Message, Post, Report, Session, User
from microblog.security.passwords import hash_password
from microblog.tables import TRIGGERS
from microblog.tasks.crash_recovery import WORKER_STOPPED
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from tests import import_files as files
from tests.end_to_end.world import World
from tests.posts import write_at

PASSWORD = "correct horse"
LONG_NAME = "a_name_as_long_as_a_name_can_be_"
SAID = [
    ("susan", "en", "The export finished while @john was making #tea. All I wanted."),
    (
        "lilei",
        "zh",
        "把博客的导出任务交给 Huey 之后，页面再也不会卡住了。看https://example.org/说明，进度条会自己动。",
    ),
    ("noor", "ar", "انتهى التصدير بينما كنت أعد الشاي. هذا كل ما أردته من خادم صغير."),
    ("maria_paz", "es", "Hoy probé escribir sin mirar el contador. Me sobraron tres letras. 👩‍🚀🫖🏴‍☠️"),
    (
        LONG_NAME,
        "de",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "n" * 55,
    ),
    ("john", "en", "https://example.org/" + "a/long/way/to/go/" * 7),
    ("john", None, "one\n\ntwo\n\n\n\nthree"),
    ("noor", None, "👍"),
    ("lilei", "ja", "長い一日でした。" * 17),
    ("john", "en", "<b>Not bold</b> & \"quoted\" 'so'"),
]
ENDED = ("succeeded", "failed", "cancelled")
RESULT = {"posts": 5214, "size_bytes": 1_300_000, "archive_bytes": 1_100_000}
HALF = {"state": "running", "progress": 60, "done": 3128, "total": 5214}
DONE = {"state": "succeeded", "progress": 100, "result": RESULT}
MAILED = {"state": "succeeded", "sent_at": clock.now()}
UNCERTAIN = {"state": "failed", "error": UNCERTAIN_TWICE, "sending_at": clock.now(), "resent": True}
READY = {**DONE, "mail": MAILED}
ON_ITS_WAY = {**DONE, "mail": {"state": "queued"}}
# The row of an export in each state that a card can show, with its mail, and the circumstances.
CARDS = {
    "waiting": {"state": "queued"},
    "waiting in line": {"state": "queued", "ahead": 12},
    "without worker": {"state": "queued", "worker_lives": False},
    "starting": {"state": "running"},
    "running": HALF,
    "running for long": {**HALF, "done": 1_312_800, "total": 2_188_000},
    "stuck": {**HALF, "still_for_min": 5},
    "cancelling": {**HALF, "cancel_requested": True},
    "mail on its way": ON_ITS_WAY,
    "mail delayed": {**DONE, "mail": {"state": "queued", "error": UNREACHABLE}},
    "mail without worker": {**ON_ITS_WAY, "worker_lives": False},
    "ready": READY,
    "ready and empty": {**READY, "result": {"posts": 0, "size_bytes": 14, "archive_bytes": 9_700}},
    "ready without mail": {**DONE, "mail": {"state": "failed", "error": ADDRESS_REFUSED}},
    "ready, mail uncertain": {**DONE, "mail": UNCERTAIN},
    "ready, mail in the outbox": {**DONE, "mail": {"state": "succeeded"}},
    "failed": {"state": "failed", "progress": 20, "error": OUT_OF_SPACE},
    "failed thrice": {"state": "failed", "progress": 20, "error": WORKER_STOPPED},
    "cancelled": {"state": "cancelled", "progress": 20},
}
# Longer than any card has room for.
LONGEST = {
    "state": "failed",
    "progress": 20,
    "error": f"{WORKER_STOPPED} {'https://example.org/' * 10}"[:255],
}


class Gallery:
    """Ask it for ``url``, ``paths`` and states; use it by ``gallery``."""

    def __init__(self, app, url):
        self.app = app
        self.url = url

    def paths(self):
        """Every page that GET shows to anybody, derived from the app, so that none can be left out."""
        values = self._values()
        for rule in sorted(self.app.url_map.iter_rules(), key=str):
            if "GET" in rule.methods and rule.endpoint != "static":
                yield rule.rule if not rule.arguments else self._filled(rule, values)

    def put_card(self, name):
        """Put susan's export into the state *name*, one of CARDS; returns the task."""
        return self.put_row(**CARDS[name])

    def put_row(self, still_for_min=0, ahead=0, worker_lives=True, mail=None, **fields):
        """Create one export of susan's, with its *mail*, and *ahead* older tasks of john's, and no others."""
        now = clock.now()
        john = User.named("john")
        unstarted = fields["state"] == "queued"
        advanced_at = now - timedelta(minutes=still_for_min)
        Task.delete().execute()
        for number in range(ahead):
            Task.create(name=f"other {number}", description="Waits", user=john)
        if worker_lives and not huey.lock.living():
            huey.lock.take()
        elif not worker_lives:
            huey.lock.file.close()
        task = Task.create(
            name="export_posts",
            description="Exporting posts...",
            user=User.named("susan"),
            started_at=None if unstarted else advanced_at - timedelta(seconds=30),
            advanced_at=None if unstarted else advanced_at,
            finished_at=now if fields["state"] in ENDED else None,
            consumer_id=huey.consumer_id if fields["state"] == "running" else None,
            attempts=0 if unstarted else 1,
            file_expires_at=now + timedelta(days=7) if "result" in fields else None,
            **fields,
        )
        self._put_mail(task, mail)
        return task

    def turn(self, task, mail=None, **fields):
        """Write into the row of *task* and of its mail what a worker would have, and notify the browsers."""
        now = clock.now()
        if not Task.get_by_id(task.id).complete:
            Task.update(
                started_at=task.created_at,
                advanced_at=task.created_at,
                attempts=1,
                consumer_id=huey.consumer_id,
                finished_at=now if fields["state"] in ENDED else None,
                file_expires_at=now + timedelta(days=7) if "result" in fields else None,
                **fields,
            ).where(Task.id == task.id).execute()
        self._put_mail(task, mail)
        Task.get_by_id(task.id).notify()

    def _put_mail(self, task, fields):
        for mail in [*Mail.select()]:
            mail.delete_files()
            mail.delete_instance()
        if not fields:
            return
        mail = Mail.create(
            kind=MAIL,
            recipient=task.user.email,
            user=task.user,
            task=task,
            finished_at=clock.now() if fields["state"] in ENDED else None,
            **fields,
        )
        if mail.state == "succeeded" and not mail.sent_at:
            outbox_files.path_of(mail.id).parent.mkdir(exist_ok=True)
            outbox_files.path_of(mail.id).write_text("Subject: Your blog posts\n\nThey are attached.\n")

    def _values(self):
        susan = User.named("susan")
        return {
            "username": "john",
            "recipient": "john",
            "post_id": Post.by_author(susan).first().id,
            "task_id": self.put_card("ready").id,
            "kind": "atom",
            "word": "tea",
        }

    def _filled(self, rule, values):
        with self.app.test_request_context():
            adapter = self.app.url_map.bind("")
            return adapter.build(rule.endpoint, {name: values.get(name, "1") for name in rule.arguments})


@contextmanager
def gallery(folder):
    """A gallery for the block, in *folder*."""
    settings = Settings(
        data_dir=folder,
        secret_key="for tests only, 32 characters long",
        rate_limits=False,
        registration="open",
    )
    world = World(settings)
    world.start_queue()
    app = create_app(settings)
    huey.lock.take()
    schema.migrate(TRIGGERS)
    with connected():
        with app.app_context():
            _fill()
        yield Gallery(app, world.start_web())
    world.stop()
    huey.lock.file.close()
    db.close_all()
    assert "ERROR" not in world.web_log.read_text()


def _fill():
    password_hash = hash_password(PASSWORD)
    names = dict.fromkeys(name for name, *_ in SAID)
    people = {
        name: User.register(name, f"{name}@example.org", password_hash) for name in [*names, "newcomer"]
    }
    susan, john = people["susan"], people["john"]
    User.update(is_admin=True, about_me="Rows at dawn. Writes it down here: https://example.org/log").where(
        User.id == susan.id
    ).execute()
    now, minutes = clock.now(), count(30 * 97, -97)
    for name, language, body in (SAID * 3)[:28]:
        write_at(now - timedelta(minutes=next(minutes)), people[name], body[:140], language=language)
    Follow.insert_many(
        [{"follower": susan, "followed": people[name]} for name in names if name != "susan"]
    ).execute()
    for body in ("Did the export arrive?", "مرحبا", "好" * 140):
        Message.send(john, susan, body)
        Message.send(susan, john, body)
    Block.add(susan, people["newcomer"])
    for post in Post.select().where(Post.author == john):
        for reporter in ("noor", LONG_NAME):
            Report.add(people[reporter], post, ("هذا ليس لطيفا. " * 9).strip())
    _look_at_file(susan)
    Session.start(susan, True, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")


def _look_at_file(user):
    """Have a file of hers wait for her word, with all that a preview can show."""
    following = f"Account address\n{LONG_NAME}@127.0.0.1\nnewcomer@127.0.0.1\n"
    posts = [files.note(12, f"<p>{body}</p>") for _name, _language, body in SAID[4:7]]
    outbox_of_hers = files.outbox(*files.OUTBOX["orderedItems"], *posts)
    path = import_row.folder() / "a.zip"
    path.parent.mkdir()
    path.write_bytes(
        files.packed(
            {**files.MASTODON, "outbox.json": outbox_of_hers, "following_accounts.csv": following},
            "a" * 80 + "/",
        )
    )
    row = Import.create(user=user, name="archive-" + "0" * 60 + ".zip")
    jobs.read(row, path, {}, lambda _done, _total: None, keys=())
    row.write(counts=jobs.count(row, lambda _done, _total: None))
    path.unlink()
