"""Names of hosts: which there can be, and the form in which browsers and mail servers send them."""

import ipaddress
import re
from contextlib import suppress

import idna


def ascii_host(host: str) -> str:
    """
    *host* as browsers write it to servers: in lower case, each label beyond ASCII in its ``xn--`` form.

    Python's own codec knows the rules of 2003 only, which make another host of straße.de.

    Raises:
        UnicodeError: some character can be in no name.
    """
    labels = idna.uts46_remap(host, std3_rules=False, transitional=False).split(".")
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels
    )


def readable_host(host: str) -> str:
    """*host* as people write it; unchanged if it has no other form."""
    with suppress(UnicodeError):
        return idna.decode(host)
    return host


def is_host(text: str) -> bool:
    """Whether *text* is an IP address, or a name that can be looked up."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    try:
        labels = ascii_host(text).split(".")
    except UnicodeError:
        return False
    # Digits at the end would be an address, but it is none.
    return all(re.fullmatch(r"[\w-]{1,63}", label, re.ASCII) for label in labels) and not labels[-1].isdigit()
