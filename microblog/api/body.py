"""Parses and checks request bodies: always one JSON object."""

from flask import abort, request
from werkzeug.datastructures import MultiDict

from microblog.web.problem import problem


def validate(form, **as_named_in_form):
    """
    A valid *form*, filled in from the request's fields, which are mapped by ``api_name="form_name"``.

    Answers 400, 415 or 422: not JSON, not declared as JSON, no object, or with errors for each field.
    """
    given = given_object()
    given = {name: given[name] for name in as_named_in_form if name in given}
    errors = {name: ["must be a string"] for name, text in given.items() if not isinstance(text, str)}
    if not errors:
        filled = form(MultiDict({as_named_in_form[name]: text for name, text in given.items()}))
        filled.validate()
        api_names = {theirs: ours for ours, theirs in as_named_in_form.items()}
        errors = {api_names.get(name, name): texts for name, texts in filled.errors.items()}
    if errors:
        abort(problem(422, "The request's fields are not what they must be.", errors=errors))
    return filled


def given_object():
    """The request's fields; answers 400, 415 or 422 if its body is no JSON object."""
    if not request.get_data(cache=True):
        return {}
    if not request.is_json:
        abort(problem(415, "Send JSON: Content-Type: application/json."))
    try:
        given = request.get_json()
    except RecursionError:
        abort(problem(400, "The JSON is nested too deeply."))
    if not isinstance(given, dict):
        abort(problem(422, "The JSON must be an object."))
    return given
