"""Errors as programs read them: RFC 9457, ``application/problem+json``."""

from http import HTTPStatus

from flask import Response, json, request

MEDIA_TYPE = "application/problem+json"
# Texts for errors that no operation describes itself. Programs press no buttons and reload no pages.
WORDS = {
    400: "The request cannot be understood.",
    403: "You may not do that.",
    404: "There is nothing at this address; /api/docs says where there is something.",
    405: "This address does not take that method; the header Allow names those that it takes.",
    409: "That cannot be done any more, or not yet.",
    413: "That is more than the site takes at once.",
    416: "The file has no such range; the header Content-Range tells its size.",
    429: "That was too often. Wait a moment, then try again.",
    503: "The site is busy, and nothing was saved. Try again in a moment.",
}
FAULT = "The site made a mistake, which is noted. Nothing is wrong with the request."


def problem(status, detail, headers=None, errors=None):
    """A response to ``abort`` with: *detail* says what is wrong, *errors* maps fields to lists of texts."""
    return Response(text(status, detail, errors), status, headers, content_type=MEDIA_TYPE)


def is_asked_for():
    """Whether the client is a program that expects problems."""
    return request.path == "/api" or (request.path.startswith("/api/") and request.path != "/api/docs")


def words(status):
    """The text for *status* when nothing more specific is known."""
    return WORDS.get(status) or (FAULT if status >= 500 else HTTPStatus(status).phrase)


def text(status, detail, errors=None):
    """The JSON of a problem, as a string."""
    said = {"title": HTTPStatus(status).phrase, "status": status, "detail": str(detail)}
    if errors:
        said["errors"] = {name: [str(text) for text in texts] for name, texts in errors.items()}
    return json.dumps(said)
