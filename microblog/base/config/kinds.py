"""The kinds of settings: how a text becomes a value, and what the text must be."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from redis import ConnectionPool, RedisError

from microblog.base.addresses import BadAddress, checked
from microblog.base.hosts import ascii_host, is_host

BOOLEANS = {"on": True, "yes": True, "true": True, "1": True}
BOOLEANS |= {"off": False, "no": False, "false": False, "0": False}


class Kind(NamedTuple):
    """
    *convert* makes a value of a text, *is_valid* says whether it may be taken, *rule* what the text must be.

    Instead, either of them may raise a ValueError or a KeyError.
    """

    rule: str = ""
    is_valid: Callable[[Any], object] = lambda _value: True
    convert: Callable[[str], Any] = str
    # Separated by commas, spaces or both; each is converted alone.
    many: bool = False
    verbatim: bool = False

    def parse(self, text: str) -> tuple[Any, list[tuple[str, str]]]:
        """The value of *text*, None if it breaks the rule, and a list: each part that does, and the rule."""
        text = text if self.verbatim else text.strip()
        parts = _words(text) if self.many else [text]
        if wrong := [(part, rule) for part in parts if (rule := self._broken_by(part))]:
            return None, wrong
        values = tuple(map(self.convert, parts))
        return values if self.many else values[0], []

    def _broken_by(self, part: str) -> str | None:
        try:
            return None if self.is_valid(self.convert(part)) else self.rule
        except BadAddress as error:
            return f"{self.rule}: {error}"
        except (ValueError, KeyError):
            return self.rule


def number(least: int, most: int, convert: type[int] | type[float] = int) -> Kind:
    unit = "a whole number" if convert is int else "a number"
    rule = f"must be {unit} from {least} to {most}"
    return Kind(rule, lambda value: least <= value <= most, convert)


def one_of(*options: str) -> Kind:
    by_lower = {option.lower(): option for option in options}
    return Kind(f"must be one of {', '.join(options)}", convert=lambda text: by_lower[text.lower()])


def subset(*known: str) -> Kind:
    """Words, each of which is one of *known*, once."""
    return Kind(
        f"can hold {', '.join(known)}",
        lambda words: words and set(words) <= set(known),
        lambda text: tuple(dict.fromkeys(_words(text))),
    )


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _unbracketed(text: str) -> str:
    """*text* in its ASCII form, without the brackets around an IPv6 address."""
    if text.startswith("[") and text.endswith("]"):
        return str(ipaddress.IPv6Address(text[1:-1]))
    return text if ":" in text else ascii_host(text)


def _site(text: str) -> str:
    """*text* without a trailing slash, and with its host as browsers send it, however it is spelled."""
    text = text.rstrip("/")
    # Fails at brackets that hold no IPv6 address, and at what is no port from 0 to 65535.
    parts = urlsplit(text)
    port = f":{parts.port}" if parts.port else ""
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    # urlsplit() overlooks white space, and what is around brackets; nor may there be a user, a port 0 or a
    # path.
    is_plain = text.lower() == f"{parts.scheme}://{host}{port}".lower()
    # Werkzeug answers no request that names a host with an underscore.
    if not (text.startswith(("http://", "https://")) and is_plain and is_host(name) and "_" not in name):
        raise ValueError(text)
    return f"{parts.scheme}://{host if ':' in name else ascii_host(name)}{port}"


def _is_queue(text: str) -> bool:
    """Whether *text* can be parsed, in one way only, and a connection can be made with what it says."""
    try:
        # None is opened.
        ConnectionPool.from_url(text).make_connection()
    except (TypeError, RedisError) as error:
        raise ValueError from error
    parts = urlsplit(text)
    # An unquoted / ? or # in a password ends the host part early: the rest would be taken for a path, and
    # shown.
    after_host = parts.path + parts.query + parts.fragment
    names_a_place = parts.path if parts.scheme == "unix" else re.fullmatch(r"(/\d*)?", parts.path)
    return bool(names_a_place) and "@" not in after_host and not parts.fragment


def _email(text: str) -> str:
    # The operator may address a mail server by its number; people who register may not.
    return checked(text, allow_domain_literal=True)


def _as_path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError from error


STR = Kind()
# White space around it is part of it.
PASSWORD = Kind(verbatim=True)
LIST = Kind(many=True)
PATH = Kind("begins with the home folder of a user who has none", convert=_as_path)
BOOL = Kind("must be on or off", convert=lambda text: BOOLEANS[text.lower()])
HOST = Kind("must be a host name or an IP address alone", is_host, _unbracketed)
URL = Kind("must look like https://blog.example.org, without underscores", convert=_site)
REDIS_URL = Kind(
    "must look like redis://:password@host:6379/0, rediss://… or unix:///path/to/socket; "
    "in the password write %2F for /, %3F for ?, %23 for #; after ? only options of redis-py",
    _is_queue,
)
SECRET = Kind("needs 16 characters or more", lambda text: len(text) >= 16)
EMAIL = Kind("is not an e-mail address that can be used", convert=_email)
EMAILS = EMAIL._replace(many=True)
NETWORKS = Kind("is neither an IP address nor a network like 10.0.0.0/8", ipaddress.ip_network, many=True)
