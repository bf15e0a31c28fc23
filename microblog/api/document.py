"""What ``/api`` can do: an OpenAPI 3.1 document for programs, and a page for people."""

import re
from itertools import groupby
from operator import attrgetter

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from microblog.api.operation import OPERATIONS
from microblog.api.paging import DEFAULT, MOST
from microblog.api.schemas import SCHEMAS, TEXT, ref, some
from microblog.models.site import NAME
from microblog.web import site
from microblog.web.problem import MEDIA_TYPE

bp = Blueprint("api_document", __name__, url_prefix="/api")
VERSION = "1.0"
PROBLEM = {"description": "What went wrong", "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}


@bp.get("")
def index():
    return redirect(url_for("api_document.show"))


@bp.get("/openapi.json")
def openapi():
    response = jsonify(document(site.current().name))
    response.cache_control.public = True
    response.cache_control.no_cache = True
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/docs")
def show():
    resources = [(name, list(some)) for name, some in groupby(_sorted(), attrgetter("resource"))]
    return render_template("api/docs.html", resources=resources, most=MOST)


def document(title=NAME):
    """The whole document, generated from the operations themselves; *title*: how the site is called."""
    paths = {}
    for operation in _sorted():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _sorted():
    return sorted(OPERATIONS.values(), key=attrgetter("resource", "path", "method"))


def _described(operation):
    described = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.resource],
        "security": [{operation.access: []}],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body:
        needed = bool(operation.body["required"])
        described["requestBody"] = {"required": needed, "content": _json(operation.body)}
    if operation.takes_file:
        form = some(file={"type": "string", "contentMediaType": "application/octet-stream"})
        ways = {"application/octet-stream": {}, "multipart/form-data": {"schema": form}}
        described["requestBody"] = {"required": True, "content": ways}
    return described


def _parameters(operation):
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    if operation.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
        schemas = {**dict.fromkeys(operation.paged, operation.cursor), "limit": limit}
        schemas |= operation.filters
        parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]
    return parameters


def _responses(operation):
    good = {"description": "As asked for"}
    if operation.response:
        one = ref(operation.response)
        schema = {"type": "array", "items": one} if operation.paged else one
        good["content"] = {operation.media_type: {"schema": schema}}
    if headers := _headers(operation):
        good["headers"] = headers
    responses = {str(operation.status): good}
    if operation.method == "GET":
        responses["304"] = {"description": "What you have, by its ETag, is what there is"}
    problems = {401, 403, *operation.problems} | ({400} if operation.paged else set())
    if operation.body:
        problems |= {400, 413, 415, 422}
    return responses | {str(status): PROBLEM for status in sorted(problems)} | {"default": PROBLEM}


def _headers(operation):
    headers = {}
    if operation.method == "GET":
        headers["ETag"] = {"schema": TEXT, "required": True}
    if operation.paged:
        headers["Link"] = {"schema": TEXT, "description": "RFC 8288: `next` and `prev`, where there are any"}
    if operation.located:
        headers["Location"] = {"schema": TEXT, "required": True}
    return headers


def _json(schema):
    return {"application/json": {"schema": schema}}
