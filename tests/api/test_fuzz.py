"""Thousands of requests generated from the document: none may end in a server error."""

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error

from microblog.models import User

pytestmark = pytest.mark.slow
SETTINGS = hypothesis.settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def test_no_request_that_fits_or_misfits_the_document_is_a_fault(app, program, susan, write_posts):
    write_posts(susan, "first")
    User.update(is_admin=True).where(User.id == susan.id).execute()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    tried = 0

    for operation in schema.get_all_operations():
        operation = operation.ok()
        if operation.label.startswith("DELETE /api/tokens"):
            continue  # It would revoke the token that the others need.
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try_out(operation.as_strategy(generation_mode=mode), program.token)
            tried += 1

    assert tried > 50


def try_out(cases, token):
    @SETTINGS
    @hypothesis.given(case=cases)
    def call(case):
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=[not_a_server_error])

    call()
