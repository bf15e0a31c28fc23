import pytest

from microblog.base.config import BadSettings, Settings
from microblog.web.proxies import TrustedProxies

PROXIES = ("10.0.0.0/8", "::1", "192.0.2.1")


@pytest.mark.parametrize(
    ("peer", "chain", "origin"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        # What a stranger claims, in front of what our proxy wrote.
        ("10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 192.0.2.1, 10.9.9.9", "203.0.113.9"),
        # Not from a proxy of ours.
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("", "203.0.113.9", ""),
        # What cannot be parsed.
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9:1234", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_address_is_believed_from_our_proxies_only(peer, chain, origin):
    assert seen({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": chain})["REMOTE_ADDR"] == origin


@pytest.mark.parametrize(
    ("peer", "scheme", "believed"),
    [("10.0.0.1", "https", "https"), ("10.0.0.1", "javascript", "http"), ("203.0.113.9", "https", "http")],
)
def test_so_is_a_scheme(peer, scheme, believed):
    environ = seen({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": scheme})

    assert environ["wsgi.url_scheme"] == believed
    assert "HTTP_X_FORWARDED_PROTO" not in environ


@pytest.mark.parametrize("wrong", ["nginx", "10.0.0.1/8", "10.0.0.0/33", "*"])
def test_proxies_are_addresses_or_networks(wrong):
    with pytest.raises(BadSettings, match=r"TRUSTED_PROXIES=.* is neither an IP address nor a network"):
        Settings.from_mapping({"TRUSTED_PROXIES": wrong})


def seen(environ):
    """What the app behind the middleware sees."""
    environ.setdefault("wsgi.url_scheme", "http")
    return TrustedProxies(lambda environ, _start: environ, PROXIES)(environ, None)
