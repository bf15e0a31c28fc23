import pytest

from tests.conftest import make_user


@pytest.fixture
def admin(app):
    return make_user("mary", is_admin=True)


@pytest.fixture
def office(admin, sign_in):
    """The administrator's browser."""
    return sign_in(admin)
