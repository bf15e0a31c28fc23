"""The JSON of each resource: a function that makes it, and the schema that describes it."""

from flask import url_for

from microblog.tasks.states import STATES

ID = {"type": "string", "pattern": "^[0-9]+$"}
TASK_ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def some(**properties):
    """The schema of an object with all of *properties*, and perhaps more in a later version."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def text_fields(*required, **optional):
    """The schema of a request body: strings under *required*, the schemas *optional*."""
    properties = dict.fromkeys(required, TEXT) | optional
    return {"type": "object", "properties": properties, "required": list(required)}


def or_null(schema):
    return {"anyOf": [schema, {"type": "null"}]}


def dump_user(user):
    return {
        "id": str(user.id),
        "username": user.username,
        "about_me": user.introduction,
        "created_at": _moment(user.created_at),
    }


def dump_profile(profile):
    return dump_user(profile.user) | {
        "about_me": profile.about_me,
        "followers": profile.followers,
        "following": profile.following,
        "followed_by_you": bool(profile.followed),
    }


def dump_post(post):
    return {
        "id": str(post.id),
        "author": dump_user(post.author),
        "body": post.body,
        "language": post.language,
        "timestamp": _moment(post.timestamp),
    }


def dump_message(message):
    return {
        "id": str(message.id),
        "sender_id": str(message.sender_id),
        "recipient_id": str(message.recipient_id),
        "body": message.body,
        "timestamp": _moment(message.timestamp),
        "read_at": _moment(message.read_at),
    }


def dump_notification(notification):
    return notification.as_json() | {"id": str(notification.id)}


def dump_task(task):
    offered = task.file_expires_at is not None
    return {
        "id": task.id,
        "name": task.name,
        "state": task.state,
        "progress": task.progress,
        "done": task.done,
        "total": task.total,
        "attempts": task.attempts,
        "error": task.error,
        "mail": task.mail and task.mail.summary(),
        "result": task.result,
        "file": url_for("api.exports_download", task_id=task.id) if offered else None,
        "file_expires_at": _moment(task.file_expires_at),
        "created_at": _moment(task.created_at),
        "started_at": _moment(task.started_at),
        "finished_at": _moment(task.finished_at),
    }


def dump_token(token):
    return {
        "id": str(token.id),
        "name": token.name,
        "created_at": _moment(token.created_at),
        "used_at": _moment(token.used_at),
    }


_USER = {"id": ID, "username": TEXT, "about_me": TEXT, "created_at": MOMENT}
_TOKEN = {"id": ID, "name": TEXT, "created_at": MOMENT, "used_at": or_null(MOMENT)}
SCHEMAS = {
    "User": some(**_USER),
    "Profile": some(**_USER, followers=COUNT, following=COUNT, followed_by_you=FLAG),
    "Post": some(id=ID, author=ref("User"), body=TEXT, language=or_null(TEXT), timestamp=MOMENT),
    "Message": some(
        id=ID, sender_id=ID, recipient_id=ID, body=TEXT, timestamp=MOMENT, read_at=or_null(MOMENT)
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
        mail=or_null(some(state={"enum": list(STATES)}, error=or_null(TEXT), sent_at=or_null(MOMENT))),
        result=or_null({"type": "object"}),
        file=or_null(TEXT),
        file_expires_at=or_null(MOMENT),
        created_at=MOMENT,
        started_at=or_null(MOMENT),
        finished_at=or_null(MOMENT),
    ),
    "Export": {"type": "object"},
    "Token": some(**_TOKEN),
    "NewToken": some(**_TOKEN, token=TEXT),
    "Problem": some(title=TEXT, status={"type": "integer"}, detail=TEXT)
    | {"description": "RFC 9457. `errors`, where it is, holds a list of texts for each field."},
}


def _moment(moment):
    return moment and f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
