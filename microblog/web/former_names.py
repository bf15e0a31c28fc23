"""An address with a name that its person has given up: pages lead to the present one, forms act on them."""

from functools import wraps

from flask import request, url_for
from werkzeug.exceptions import NotFound

from microblog.models import FormerName
from microblog.web.auth import reader
from microblog.web.csrf import SAFE
from microblog.web.redirects import onwards

# What rules call the part of an address that is a name; under /api ``users.person`` looks for it.
NAMES = {"username", "recipient"}


def init_app(app):
    """Once all views are there; one is asked again only where it has found nobody."""
    parts = {rule.endpoint: part for rule in app.url_map.iter_rules() for part in NAMES & rule.arguments}
    for endpoint, part in parts.items():
        app.view_functions[endpoint] = _leading(app.view_functions[endpoint], part)


def _leading(view, part):
    @wraps(view)
    def answer(**values):
        try:
            return view(**values)
        except NotFound:
            person = FormerName.leads(values[part], reader())
            if person is None:
                raise
        # A form may have been shown before they renamed: what was typed into it must not be lost.
        values[part] = person.username
        return _lead(values) if request.method in SAFE else view(**values)

    return answer


def _lead(values):
    """Feed readers remember where 308 leads; a browser must not: the person may take the name back."""
    response = onwards(url_for(request.endpoint, **values), 308)
    response.cache_control.no_store = True
    return response
