"""Codes of the app and for recovery: which are right, how often, and what is stored of them."""

import threading

import pytest
from pyotp import TOTP

from microblog.base.database import connected
from microblog.models import RecoveryCode, SecondFactor
from microblog.models.exceptions import SecondFactorOn
from tests.second_factors import SECRET, give, shown, wrong


@pytest.fixture(autouse=True)
def stands_still(later):
    """The clock, lest a step ends between a code and its check."""
    later(seconds=0)


@pytest.fixture
def codes(susan):
    """Susan's recovery codes."""
    return give(susan)


@pytest.fixture
def factor(susan, codes):
    return SecondFactor.of(susan)


def test_the_codes_are_those_of_the_standard():
    """The test vectors of RFC 6238, appendix B, of which six digits are the last six of eight."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    vectors = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    assert {moment: TOTP(secret).at(moment) for moment in vectors} == vectors


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
@pytest.mark.asvs("6.5.5")
def test_a_phone_may_be_one_step_early_or_late(factor, steps, right):
    assert factor.redeem(shown(steps)) is right


def test_a_code_works_once(factor):
    code = shown()

    assert [factor.redeem(code) for _ in range(2)] == [True, False]


def test_after_a_code_none_of_before_works(factor):
    before, code = shown(-1), shown()

    assert [factor.redeem(one) for one in (code, before)] == [True, False]


def test_the_code_of_the_next_step_works(factor, later):
    factor.redeem(shown())
    later(seconds=30)

    assert factor.redeem(shown())


def test_a_clock_that_was_set_back_shuts_nobody_out(factor, later):
    later(days=1)
    assert factor.redeem(shown())
    later(days=0)

    code, before = shown(), shown(-1)
    assert [factor.redeem(one) for one in (code, code, before)] == [True, False, False]


@pytest.mark.parametrize("code", ["", "0", "١٢٣٤٥٦", "ümläut", "\x00", "\ud800", "9" * 5000])
def test_what_is_no_code_is_wrong(factor, code):
    assert not factor.redeem(code)
    assert not RecoveryCode.redeem(factor, code)


def test_a_wrong_code_uses_nothing_up(factor):
    assert not factor.redeem(wrong())
    assert factor.redeem(shown())


def test_a_second_one_is_refused(susan, factor):
    with pytest.raises(SecondFactorOn):
        SecondFactor.switch_on(susan, SECRET, 0)


@pytest.mark.asvs("6.5.1")
def test_each_recovery_code_works_once(factor, codes):
    assert len(set(codes)) == 10
    assert [RecoveryCode.redeem(factor, code) for code in codes] == [True] * 10
    assert [RecoveryCode.redeem(factor, code) for code in codes] == [False] * 10


def test_a_recovery_code_can_be_typed_without_hyphens(factor, codes):
    assert RecoveryCode.redeem(factor, codes[0].replace("-", ""))


def test_a_recovery_code_of_somebody_else_is_wrong(factor, john):
    [code, *_] = give(john)

    assert not RecoveryCode.redeem(factor, code)


def test_new_recovery_codes_replace_the_old(factor, codes):
    new = RecoveryCode.renew(factor)

    assert not RecoveryCode.redeem(factor, codes[0])
    assert RecoveryCode.redeem(factor, new[0])


@pytest.mark.asvs("6.5.2", "6.5.3", "6.5.4")
def test_no_recovery_code_is_stored(factor, codes):
    stored = str(list(RecoveryCode.select().dicts()))

    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_they_go_with_the_account(susan, factor):
    susan.delete_instance()

    assert (SecondFactor.select().count(), RecoveryCode.select().count()) == (0, 0)


@pytest.mark.parametrize("kind", ["app", "recovery"])
@pytest.mark.asvs("6.5.1")
def test_a_code_that_comes_many_times_at_once_works_once(factor, codes, kind):
    """Each thread has read the row before any of them writes."""
    code = shown() if kind == "app" else codes[0]
    barrier, right = threading.Barrier(8), []

    def redeem():
        with connected():
            row = SecondFactor.get()
            barrier.wait()
            if row.redeem(code) if kind == "app" else RecoveryCode.redeem(row, code):
                right.append(code)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert right == [code]
