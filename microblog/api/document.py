"""What ``/api`` can do: an OpenAPI 3.1 document for programs, and a page for people."""

import re
from itertools import groupby

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for

from microblog.api.paging import DEFAULT, MOST
from microblog.api.schemas import SCHEMAS, ref
from microblog.web.problem import MEDIA_TYPE

bp = Blueprint("api_document", __name__, url_prefix="/api")
VERSION = "1.0"
PROBLEM = {"description": "What went wrong", "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}
TEXT = {"type": "string"}


@bp.get("")
def index():
    return redirect(url_for("api_document.show"))


@bp.get("/openapi.json")
def openapi():
    response = jsonify(document())
    response.cache_control.public = True
    response.cache_control.no_cache = True
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/docs")
def show():
    by_resource = groupby(sorted(_operations(), key=_sorting), key=lambda one: _resource(one[0]))
    resources = [(name, list(some)) for name, some in by_resource]
    return render_template("api/docs.html", resources=resources, most=MOST)


def document():
    """The whole document, generated from the operations themselves."""
    paths = {}
    for rule, operation in sorted(_operations(), key=_sorting):
        paths.setdefault(_path(rule), {})[_method(rule).lower()] = _described(rule, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Microblog", "version": VERSION},
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


def _operations():
    """Pairs of a rule and its operation."""
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            yield rule, current_app.view_functions[rule.endpoint].operation


def _described(rule, operation):
    described = {
        "operationId": rule.endpoint.removeprefix("api."),
        "summary": operation.summary,
        "tags": [_resource(rule)],
        "security": [{operation.access: []}],
        "parameters": [*_path_parameters(rule), *_query_parameters(operation)],
        "responses": _responses(rule, operation),
    }
    if operation.body:
        needed = bool(operation.body["required"])
        content = {"application/json": {"schema": operation.body}}
        described["requestBody"] = {"required": needed, "content": content}
    return described


def _responses(rule, operation):
    good = {"description": "As asked for"}
    if operation.response:
        good["content"] = {"application/json": {"schema": operation.response}}
    if headers := _headers(rule, operation):
        good["headers"] = headers
    responses = {str(operation.status): good}
    if _method(rule) == "GET":
        responses["304"] = {"description": "What you have, by its ETag, is what there is"}
    problems = {401, *operation.problems} | ({400} if operation.paged else set())
    if operation.body:
        problems |= {400, 413, 415, 422}
    return responses | {str(status): PROBLEM for status in sorted(problems)} | {"default": PROBLEM}


def _headers(rule, operation):
    headers = {}
    if _method(rule) == "GET":
        headers["ETag"] = {"schema": TEXT, "required": True}
    if operation.paged:
        headers["Link"] = {"schema": TEXT, "description": "RFC 8288: `next` and `prev`, where there are any"}
    if operation.located:
        headers["Location"] = {"schema": TEXT, "required": True}
    return headers


def _path_parameters(rule):
    return [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in re.findall(r"<(\w+)>", rule.rule)
    ]


def _query_parameters(operation):
    cursors = {"newest first": ("max_id", "since_id"), "oldest first": ("since_id",)}
    names = cursors.get(operation.paged, ())
    parameters = [{"name": name, "in": "query", "schema": operation.cursor} for name in names]
    if operation.paged:
        schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
        parameters.append({"name": "limit", "in": "query", "schema": schema})
    return parameters


def _path(rule):
    return re.sub(r"<(\w+)>", r"{\1}", rule.rule)


def _method(rule):
    return next(iter(rule.methods - {"HEAD", "OPTIONS"}))


def _resource(rule):
    return rule.endpoint.removeprefix("api.").split("_")[0]


def _sorting(pair):
    rule, _operation = pair
    return _resource(rule), _path(rule), _method(rule)
