"""Parses and checks request bodies: always one JSON object."""

from flask import request
from werkzeug.datastructures import MultiDict

from microblog.web.problem import Problem


def fields(**names):
    """
    The strings in the request's JSON object under *names*, ``name=default``, as a dictionary.

    Raises:
        Problem: 400, 415 or 422: not JSON, not declared as JSON, or not an object of strings.
    """
    given = _object()
    wrong = {name: ["must be a string"] for name in names if not isinstance(given.get(name, ""), str)}
    if wrong:
        raise Problem(422, "The request's fields are not what they must be.", errors=wrong)
    return {name: given.get(name, default) for name, default in names.items()}


def validate(form, **as_named_in_form):
    """
    A valid *form*, filled in from the request's fields, which are mapped by ``api_name="form_name"``.

    Raises:
        Problem: as `fields` does, and 422 with the form's errors for each field.
    """
    given = fields(**dict.fromkeys(as_named_in_form, ""))
    filled = form(
        MultiDict({as_named_in_form[name]: text for name, text in given.items()}), meta={"csrf": False}
    )
    if not filled.validate():
        api_names = {theirs: ours for ours, theirs in as_named_in_form.items()}
        errors = {api_names.get(name, name): texts for name, texts in filled.errors.items()}
        raise Problem(422, "The request's fields are not what they must be.", errors=errors)
    return filled


def _object():
    if not request.get_data(cache=True):
        return {}
    if not request.is_json:
        raise Problem(415, "Send JSON: Content-Type: application/json.")
    try:
        given = request.get_json()
    except RecursionError as error:
        raise Problem(400, "The JSON is nested too deeply.") from error
    if not isinstance(given, dict):
        raise Problem(422, "The JSON must be an object.")
    return given
