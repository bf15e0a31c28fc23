"""What went wrong, as a program reads it: RFC 9457, ``application/problem+json``."""

from http import HTTPStatus

from flask import json, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An answer of *status*; *detail* says what, *errors* which fields, each with its texts."""

    def __init__(self, status, detail, headers=None, errors=None):
        super().__init__(detail)
        self.code = status
        self.response = Response(text(status, detail, errors), status, headers, content_type=MEDIA_TYPE)


def is_asked_for():
    """Whether whoever asks is a program that reads problems."""
    return request.path == "/api" or (request.path.startswith("/api/") and request.path != "/api/docs")


def text(status, detail, errors=None):
    """The JSON that says it."""
    said = {"title": HTTPStatus(status).phrase, "status": status, "detail": str(detail)}
    if errors:
        said["errors"] = {name: [str(text) for text in texts] for name, texts in errors.items()}
    return json.dumps(said)
