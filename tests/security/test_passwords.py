import unicodedata

import pytest
from argon2 import PasswordHasher

from microblog.models import User
from microblog.security import passwords
from microblog.security.passwords import check_password, hash_password

COMPOSED = "Zoë’s café ﬁle"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED, unicodedata.normalize("NFKC", COMPOSED)])
def test_the_same_password_is_typed_in_many_ways(susan, typed):
    susan.change_password(hash_password(COMPOSED))

    assert check_password(susan, typed)
    assert not check_password(susan, typed.lower())


def test_a_hash_of_the_text_as_it_was_typed_is_made_anew_once(susan):
    susan.change_password(passwords.hasher.hash(DECOMPOSED))
    assert not check_password(susan, COMPOSED), "nobody can tell how it was typed"

    assert check_password(susan, DECOMPOSED)
    now = User.get_by_id(susan.id)
    assert check_password(now, COMPOSED)
    assert check_password(now, DECOMPOSED)
    assert User.get_by_id(susan.id).password_hash == now.password_hash


def test_nobody_takes_as_many_hashes_as_somebody(susan, monkeypatch):
    verified = []
    real = PasswordHasher.verify

    def verify(self, *values):
        verified.append(values)
        return real(self, *values)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    counts = []
    for user in (susan, None):
        for typed in ("wrong one", DECOMPOSED):
            verified.clear()
            assert not check_password(user, typed)
            counts.append(len(verified))

    assert counts == [1, 2, 1, 2]


def test_what_no_form_takes_is_left_as_it_is():
    """Normalizing marks in a row takes time squared."""
    endless = "\u0316\u0300" * 10_000

    assert passwords.normalized(endless) == endless
    assert passwords.normalized("\u0316\u0300" * 9) != passwords.normalized("\u0300\u0316" * 10)
