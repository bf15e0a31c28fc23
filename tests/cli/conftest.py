import pytest


@pytest.fixture
def run(app):
    """A function that runs one of the operator's commands and returns its result."""
    return lambda *words, stdin=None: app.test_cli_runner().invoke(
        args=[str(word) for word in words], input=stdin
    )
