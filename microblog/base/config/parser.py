"""Parses settings from strings, by the words of settings libraries, and collects what is wrong with them."""

import ipaddress
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from redis.connection import parse_url

BOOLEANS = {"on": True, "yes": True, "true": True, "1": True}
BOOLEANS |= {"off": False, "no": False, "false": False, "0": False}


class Parser:
    """
    One method for each kind of setting: it takes the name and the default, then the limits of the value.

    A missing or empty value means the default; so does an invalid one, which adds a line to ``errors``.
    """

    def __init__(self, values):
        self.values = values
        self.errors = []

    def str(self, name, default=""):
        return self.values.get(name, "").strip() or default

    def list(self, name, default=()):
        """Separated by commas, spaces or both."""
        return tuple(self.str(name).replace(",", " ").split()) or default

    def host(self, name, default=""):
        """A host name or an IP address; IPv6 without brackets."""
        value = self.str(name)
        good = value if not value or _is_host(value) else None
        return self._check(name, value, good, "must be a host name or an IP address alone")

    def path(self, name, default):
        return Path(self.str(name, str(default))).expanduser().absolute()

    def one_of(self, name, default, *options):
        value = self.str(name, default)
        by_lower = {option.lower(): option for option in options}
        rule = f"must be one of {', '.join(options)}"
        return self._check(name, value, by_lower.get(value.lower()), rule, default)

    def bool(self, name, default):
        value = self.str(name)
        good = BOOLEANS.get(value.lower()) if value else default
        return self._check(name, value, good, "must be on or off", default)

    def int(self, name, default, least, most):
        return self._number(name, default, least, most, int, "a whole number")

    def float(self, name, default, least, most):
        return self._number(name, default, least, most, float, "a number")

    def url(self, name, default=""):
        """The address of a site, without a path."""
        value = self.str(name).rstrip("/")
        good = value if not value or _leads_to_a_site(value) else None
        # Before an @ there may be a password: the error must not repeat it.
        shown = "…" if "@" in value else value
        return self._check(name, shown, good, "must look like https://blog.example.org")

    def redis_url(self, name, default=""):
        value = self.str(name)
        good = value if not value or _leads_to_a_queue(value) else None
        rule = "must look like redis://:password@host:6379/0, rediss://… or unix:///path/to/socket"
        # The value may hold a password: the error must not repeat it.
        return self._check(name, "…", good, f"{rule}; in the password write %2F for /, %3F for ?, %23 for #")

    def secret(self, name, default=""):
        value = self.str(name)
        return self._check(
            name, "…", value if not value or len(value) >= 16 else None, "needs 16 characters or more"
        )

    def email(self, name, default=""):
        return next(iter(self.emails(name)), default)

    def emails(self, name, default=()):
        for value in self.list(name):
            try:
                validate_email(
                    value, check_deliverability=False, allow_domain_literal=True, test_environment=True
                )
            except EmailNotValidError:
                self.errors.append(f"{name}={value} is not an e-mail address")
        return self.list(name, default)

    def networks(self, name, default=()):
        for value in self.list(name):
            try:
                ipaddress.ip_network(value)
            except ValueError:
                self.errors.append(f"{name}={value} is neither an IP address nor a network like 10.0.0.0/8")
        return self.list(name, default)

    def subset(self, name, known):
        """Words, each of which is one of *known*, once; by default all of them."""
        chosen = tuple(dict.fromkeys(self.list(name, known)))
        good = None if set(chosen) - set(known) else chosen
        return self._check(name, ",".join(chosen), good, f"can hold {', '.join(known)}", known)

    def _number(self, name, default, least, most, kind, unit):
        value = self.str(name, str(default))
        try:
            number = kind(value)
        except ValueError:
            number = None
        good = number if number is not None and least <= number <= most else None
        return self._check(name, value, good, f"must be {unit} from {least} to {most}", default)

    def _check(self, name, value, good, rule, default=""):
        if good is None:
            self.errors.append(f"{name}={value} {rule}")
            return default
        return good


def _leads_to_a_site(value):
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        # Brackets that hold no IPv6 address, or no port from 0 to 65535.
        return False
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    # urlsplit() overlooks white space, and what is around brackets; nor may there be a user, a port 0 or a
    # path.
    is_plain = value.lower() == f"{parts.scheme}://{host}{port}".lower()
    return value.startswith(("http://", "https://")) and is_plain and _is_host(name)


def _is_host(value):
    """Whether *value* is an IP address, or a name that can be looked up."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(value))
    try:
        labels = value.encode("idna").decode().split(".")
    except UnicodeError:
        # A label is empty or too long, or has characters that no name may have.
        return False
    # Digits at the end would be an address, but it is none.
    return all(re.fullmatch(r"[\w-]+", label, re.ASCII) for label in labels) and not labels[-1].isdigit()


def _leads_to_a_queue(value):
    """Whether *value* can be parsed, and in one way only."""
    try:
        parse_url(value)
        parts = urlsplit(value)
    except ValueError:
        return False
    # An unquoted / ? or # in a password ends the host part early: the rest would be taken for a path, and
    # shown.
    after_host = parts.path + parts.query + parts.fragment
    names_a_place = parts.path if parts.scheme == "unix" else re.fullmatch(r"(/\d*)?", parts.path)
    return names_a_place and "@" not in after_host and not parts.fragment
