"""The JSON of each resource: a function that makes it, and the schema that describes it."""

from datetime import datetime
from functools import partial

from flask import url_for

from microblog.base.slices import COUNTED
from microblog.models.news import KINDS
from microblog.tasks.attempt import ENDINGS, Attempt
from microblog.tasks.states import STATES

ID = {"type": "string", "pattern": "^[0-9]+$"}
TASK_ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def some(optional=(), **properties):
    """The schema of an object with *properties*, all but *optional* required, and perhaps more later."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def or_null(schema):
    return {"anyOf": [schema, {"type": "null"}]}


def dump(schema, row, **special):
    """
    The JSON of *row*: the fields of the *schema* of that name, its attributes except for the *special*.

    Those that are not in every answer are special, too.
    """
    known = SCHEMAS[schema]
    fields = {name: known["properties"][name] for name in known["required"] if name not in special}
    return {name: _plain(getattr(row, name), kind) for name, kind in fields.items()} | special


def dump_user(user):
    return dump("User", user, about_me=user.introduction)


def dump_profile(profile):
    return dump(
        "Profile",
        profile.user,
        about_me=profile.about_me,
        followers=profile.followers,
        following=profile.following,
        followed_by_you=bool(profile.followed),
    )


def dump_post(post):
    return dump(
        "Post",
        post,
        author=dump_user(post.author),
        origin=post.written_elsewhere,
        reply_to=str(post.reply_to) if post.conversation else None,
        conversation=str(post.root),
        replies=post.answer_count,
        mentions=sorted(post.mentions.values(), key=str.lower),
    )


def dump_task(task, **more):
    offered = task.file_expires_at is not None
    # Of before there were archives.
    has_archive = offered and "archive_bytes" in (task.result or {})
    return dump(
        "Task",
        task,
        mail=task.mail and task.mail.summary(),
        file=url_for("api.exports_download", task_id=task.id) if offered else None,
        archive=url_for("api.exports_archive", task_id=task.id) if has_archive else None,
        **more,
    )


def dump_whole_task(task):
    """One task with each attempt at it."""
    return dump_task(task, history=[dump("Attempt", attempt) for attempt in Attempt.of(task)])


def dump_import(row):
    task = row.task and dump_task(row.task)
    return dump("Import", row, task=task, result=row.result)


def dump_thread(newest):
    return {"user": dump_user(newest.other), "unread": newest.unread, "newest": dump_message(newest)}


def dump_news_item(item):
    names, others = item.people
    return dump("NewsItem", item, people=names, others=others, post_id=item.post_id and str(item.post_id))


dump_message = partial(dump, "Message")
dump_notification = partial(dump, "Notification")
dump_token = partial(dump, "Token")


def _plain(value, kind):
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if kind == ID else value


def moment(value):
    """The text of a datetime; None of None."""
    return value and f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"


_USER = {"id": ID, "username": TEXT, "about_me": TEXT, "created_at": MOMENT}
_TOKEN = {
    "id": ID,
    "name": TEXT,
    "read_only": FLAG,
    "created_at": MOMENT,
    "used_at": or_null(MOMENT),
    "expires_at": MOMENT,
}
MAIL = some(state={"enum": list(STATES)}, error=or_null(TEXT), sent_at=or_null(MOMENT))
ATTEMPT = {
    "started_at": MOMENT,
    "ended_at": or_null(MOMENT),
    "ending": or_null({"enum": list(ENDINGS)}),
    "error": or_null(TEXT),
}
SCHEMAS = {
    "User": some(**_USER),
    "Profile": some(**_USER, followers=COUNT, following=COUNT, followed_by_you=FLAG),
    "Post": some(
        id=ID,
        author=ref("User"),
        body=TEXT,
        language=or_null(TEXT),
        timestamp=MOMENT,
        mentions={"type": "array", "items": TEXT, "description": "The usernames of whom it mentions"},
        tags={"type": "array", "items": TEXT},
        origin=or_null(some(source=TEXT, id=TEXT, url=or_null(TEXT))),
        reply_to=or_null(ID),
        conversation=ID | {"description": "The id of the first post of its conversation"},
        replies=COUNT | {"maximum": COUNTED, "description": "To a first post, all in its conversation"},
        likes=COUNT,
    ),
    "Message": some(
        id=ID, sender_id=ID, recipient_id=ID, body=TEXT, timestamp=MOMENT, read_at=or_null(MOMENT)
    ),
    "Thread": some(user=ref("User"), unread=COUNT | {"maximum": COUNTED}, newest=ref("Message")),
    "NewsItem": some(
        id=ID,
        kind={"enum": list(KINDS)},
        people={"type": "array", "items": TEXT} | {"description": "Usernames, the latest first"},
        others=COUNT | {"description": "How many more there are"},
        post_id=or_null(ID),
        timestamp=MOMENT,
        read_at=or_null(MOMENT),
    ),
    "Notification": some(id=ID, name=TEXT, data={}, timestamp=MOMENT),
    "Task": some(
        id=TASK_ID,
        name=TEXT,
        state={"enum": list(STATES)},
        progress={"type": "integer", "minimum": 0, "maximum": 100},
        done=COUNT,
        total=or_null(COUNT),
        attempts=COUNT,
        error=or_null(TEXT),
        mail=or_null(MAIL),
        result=or_null({"type": "object"}),
        file=or_null(TEXT),
        archive=or_null(TEXT),
        file_expires_at=or_null(MOMENT),
        created_at=MOMENT,
        started_at=or_null(MOMENT),
        finished_at=or_null(MOMENT),
        history={"type": "array", "items": ref("Attempt")} | {"description": "Of one task alone"},
        optional=["history"],
    ),
    "Attempt": some(**ATTEMPT),
    "Export": {"type": "object"},
    "Archive": {"description": "A ZIP file"},
    "Import": some(
        id=ID,
        name=TEXT,
        kind=or_null(TEXT),
        state=TEXT | {"description": "`preview` waits for `confirm`; `brought` can be undone for 30 days"},
        counts=or_null(
            some(
                new=COUNT,
                here=COUNT,
                left_out=COUNT,
                unreadable=COUNT,
                replies=COUNT,
                reposts=COUNT,
                pictures=COUNT,
            )
        ),
        result=or_null(some(posts=COUNT, here=COUNT)),
        task=or_null(ref("Task")),
        created_at=MOMENT,
    ),
    "Token": some(**_TOKEN),
    "NewToken": some(**_TOKEN, token=TEXT),
    "Problem": some(title=TEXT, status={"type": "integer"}, detail=TEXT)
    | {"description": "RFC 9457. `errors`, where it is, holds a list of texts for each field."},
}
