"""Parses and checks request bodies: always one JSON object."""

from flask import abort, request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from microblog.web.problem import problem


def validate(form, **as_named_in_form):
    """
    A valid *form*, filled in from the request's fields, which are mapped by ``api_name="form_name"``.

    Answers 400, 415 or 422: not JSON, not declared as JSON, no object, or with errors for each field.
    """
    given = given_object()
    given = {as_named_in_form[name]: given[name] for name in as_named_in_form if name in given}
    # We say null for what is not set, and so do clients in whose languages no field can be missing.
    given = {name: value for name, value in given.items() if value is not None}
    errors = {name: [wrong] for name, value in given.items() if (wrong := _misfit(form, name, value))}
    if not errors:
        filled = form(MultiDict(given))
        filled.validate()
        errors = filled.errors
    if errors:
        api_names = {theirs: ours for ours, theirs in as_named_in_form.items()}
        errors = {api_names.get(name, name): texts for name, texts in errors.items()}
        abort(problem(422, "The request's fields are not what they must be.", errors=errors))
    return filled


def _misfit(form, name, value):
    """What is wrong with the type of *value* for the field *name* of *form*; None if nothing is."""
    if _is_text(form, name):
        return None if isinstance(value, str) else "must be a string"
    return None if isinstance(value, bool) else "must be true or false"


def _is_text(form, name):
    return getattr(form, name).field_class is not BooleanField


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
