import ctypes
from types import SimpleNamespace

import pytest

from microblog.base import clock


def test_the_kernel_is_asked_whether_it_keeps_the_clock_right():
    assert clock.is_synchronized() in (True, False)


@pytest.mark.parametrize(
    ("platform", "state", "synchronized"), [("linux", 5, False), ("linux", 0, True), ("darwin", 5, True)]
)
def test_a_clock_is_taken_as_right_unless_the_kernel_says_otherwise(
    monkeypatch, platform, state, synchronized
):
    monkeypatch.setattr(clock.sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace(adjtimex=lambda _buffer: state))

    assert clock.is_synchronized() == synchronized
