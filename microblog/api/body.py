"""What a program sends: one JSON object, whatever else it may try."""

from flask import request
from werkzeug.datastructures import MultiDict

from microblog.api.problem import Problem


def fields(**names):
    """
    The texts that the request's JSON object holds under *names*, each of them with a default.

    Raises:
        Problem: 400, 415 or 422, it is no JSON, not announced as such, or no object of texts.
    """
    given = _object()
    wrong = {name: ["must be a string"] for name in names if not isinstance(given.get(name, ""), str)}
    if wrong:
        raise Problem(422, "The request's fields are not what they must be.", errors=wrong)
    return {name: given.get(name, default) for name, default in names.items()}


def checked(form, **as_named_in_form):
    """
    The *form* filled in with the request's fields and found good: ``api_name="form_name"``.

    Raises:
        Problem: also 422, with what the form says of each field.
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
