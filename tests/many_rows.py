"""
A site where there is any number of everything: susan wrote it, got it or did it, as far as one person can.

Of what a page shows as a whole there are ``SOME``: who follows or blocks one person, who likes one post, what
waits for a worker or for an administrator.
"""

from microblog.base.database import db
from microblog.models import PostIndex
from microblog.tables import MODELS, TRIGGERS
from tests.conftest import make_user

SOME = 30
FIRST_POST = 1_600_000_000_000_000
# Ids of posts lie so far apart; those of answers right behind the posts.
APART = 100
SUSAN, JOHN, MARY = 1, 2, 3
# Of these there is one row, or a few for each person.
FEW = {"visible_change", "site", "second_factor", "recovery_code", "former_name", "deleted_post"}

_AT = "strftime('%Y-%m-%d %H:%M:%f000', 'now', {}, '-' || n || ' seconds')"
NOW, AGO, LATER = (_AT.format(f"'{moved}'") for moved in ("-1 minutes", "-3 days", "+5 days"))
PERSON, TASK, POST = "10000 + n", "printf('%08d-0000-4000-8000-{:012d}', n)", f"{FIRST_POST} + n * {APART}"
WORK = {
    "attempts": "1", "crash_count": "0", "priority": "0", "run_after": AGO, "created_at": AGO,
    "started_at": AGO, "finished_at": AGO, "arguments": "'{}'", "state": "'succeeded'", "error": "NULL",
}  # fmt: skip
ENDED = WORK | {
    "name": "'example'", "description": "'x'", "done": "0", "progress": "100", "cancel_requested": "0",
    "dismissed_at": AGO,
}  # fmt: skip
FAILED = {"state": "'failed'", "error": "'no reason'", "progress": "0"}
QUEUED = {"state": "'queued'", "progress": "0", "started_at": "NULL", "finished_at": "NULL"}
MAIL = WORK | {"kind": "'welcome'", "recipient": "'a@example.org'", "user_id": PERSON, "resent": "0"}
# Table by table, as SQL with the number n of the row.
ALL = [
    ("user", {
        "id": PERSON, "username": "'person' || n", "email": "'p' || n", "email_key": "'p' || n",
        "password_hash": "''", "about_me": "''", "is_admin": "0", "created_at": AGO,
    }),
    ("post", {"id": POST, "author_id": SUSAN, "body": "'hello @john #tea ' || n"}),
    ("post", {"id": f"{POST} + 1", "author_id": PERSON, "body": "'good morning @susan'"}),
    ("tag", {"word": "'tea'", "post_id": POST}),
    ("mention", {"post_id": POST, "user_id": JOHN, "name": "'john'"}),
    ("mention", {"post_id": f"{POST} + 1", "user_id": SUSAN, "name": "'susan'"}),
    ("post_like", {"user_id": SUSAN, "post_id": f"{POST} + 1", "timestamp": NOW}),
    ("message", {"sender_id": PERSON, "recipient_id": SUSAN, "body": "'hi'", "timestamp": NOW}),
    ("message", {"sender_id": JOHN, "recipient_id": SUSAN, "body": "'hi'", "timestamp": NOW}),
    ("message", {"sender_id": SUSAN, "recipient_id": JOHN, "body": "'hi'", "timestamp": NOW, "read_at": NOW}),
    ("thread", {"owner_id": SUSAN, "other_id": PERSON, "newest": "n", "deleted_until": "0"}),
    ("notification", {"user_id": SUSAN, "name": "'x'", "key": "n", "data": "'{}'", "timestamp": NOW}),
    ("news", {"user_id": SUSAN, "kind": "'follow'", "actor_id": PERSON, "timestamp": NOW}),
    ("news", {"user_id": MARY, "kind": "'follow'", "actor_id": PERSON, "timestamp": NOW, "read_at": NOW}),
    ("invited", {"user_id": PERSON, "inviter_id": SUSAN}),
    ("session", {
        "user_id": PERSON, "token_hash": "n", "remembered": "1", "user_agent": "''", "created_at": NOW,
        "seen_at": NOW,
    }),
    ("token", {"user_id": PERSON, "name": "'x'", "token_hash": "n", "created_at": NOW}),
    ("ticket", {"user_id": PERSON, "kind": "'reset_password'", "token_hash": "n", "expires_at": LATER}),
    ("ticket", {"user_id": PERSON, "kind": "'invite'", "token_hash": "-n", "expires_at": LATER}),
    ("sent_form", {"user_id": PERSON, "digest": "'x'", "sent_at": "n"}),
    ("former_post", {"id": f"{POST} + 50", "author_id": SUSAN}),
    ("old_permalink", {"id": "n", "post_id": POST}),
    ("report", {
        "reporter_id": JOHN, "post_id": f"{POST} + 1", "reason": "''", "timestamp": AGO, "done_at": AGO
    }),
    ("import", {
        "user_id": PERSON, "name": "'x'", "choices": "'{}'", "done": "0", "created_at": AGO, "undone_at": AGO,
    }),
    ("task", ENDED | {"id": TASK.format(1), "user_id": SUSAN}),
    ("task", ENDED | FAILED | {"id": TASK.format(2), "user_id": SUSAN}),
    ("task", ENDED | {"id": TASK.format(3), "user_id": PERSON, "name": "'export_posts'"}),
    ("attempt", {"task_id": TASK.format(1), "started_at": AGO, "ended_at": AGO, "ending": "'succeeded'"}),
    ("mail", MAIL | {"id": TASK.format(5)}),
    ("mail", MAIL | {"id": TASK.format(6), "state": "'failed'", "error": "'no'"}),
]  # fmt: skip
ONLY_SOME = [
    ("follow", {"follower_id": PERSON, "followed_id": SUSAN}),
    ("block", {"blocker_id": SUSAN, "blocked_id": f"{PERSON} + {SOME}"}),
    ("follow", {"follower_id": SUSAN, "followed_id": PERSON}),
    ("post_like", {"user_id": PERSON, "post_id": FIRST_POST + APART, "timestamp": NOW}),
    ("post", {
        "id": f"{POST} + 2", "author_id": PERSON, "body": "'an answer'",
        "reply_to": FIRST_POST + APART, "conversation": FIRST_POST + APART,
    }),
    ("task", ENDED | {"id": TASK.format(4), "user_id": "NULL", "name": "'nightly'", "result": "'{}'"}),
    ("report", {"reporter_id": SUSAN, "post_id": f"{POST} + 1", "reason": "''", "timestamp": AGO}),
    ("task", ENDED | QUEUED | {"id": TASK.format(7), "user_id": PERSON, "dismissed_at": "NULL"}),
    ("task", ENDED | FAILED | {"id": TASK.format(8), "user_id": PERSON, "dismissed_at": "NULL"}),
]  # fmt: skip
ONE = [
    ("thread", {"owner_id": owner, "other_id": other, "newest": "1", "deleted_until": "0"})
    for owner, other in ((SUSAN, JOHN), (JOHN, SUSAN))
]


def fill(count):
    """Make susan, john and the administrator mary, and *count* of everything else; returns the three."""
    people = make_user("susan"), make_user("john"), make_user("mary", is_admin=True)
    with db.atomic():
        _drop_triggers()
        for rows, number in ((ALL, count), (ONLY_SOME, SOME), (ONE, 1)):
            for table, values in rows:
                _insert(table, values, number)
        db.execute_sql("UPDATE user SET last_post_id = (SELECT max(id) FROM post WHERE author_id = user.id)")
        PostIndex.rebuild()
        for trigger in TRIGGERS:
            db.execute_sql(trigger)
    return people


def missing(count):
    """The tables that have less than *count* rows, and are not known to."""
    return [
        name
        for name in (model._meta.table_name for model in MODELS)
        if db.execute_sql(f'SELECT count(*) FROM "{name}"').fetchone()[0] < count
        and name not in FEW | {table for table, _values in ONLY_SOME}
    ]


def _drop_triggers():
    # Most would do what the rows do already, one by one.
    for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute_sql(f'DROP TRIGGER "{name}"')


def _insert(table, values, count):
    columns = ", ".join(f'"{name}"' for name in values)
    db.execute_sql(
        f'INSERT INTO "{table}" ({columns})'
        " WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
        f" SELECT {', '.join(map(str, values.values()))} FROM numbers",
        (count,),
    )
