"""E-mail addresses: which the site takes, and when two spellings of one lead to the same mailbox."""

import email_validator
from email_validator import EmailNotValidError, validate_email

from microblog.base.i18n import N_

NO_ADDRESS = N_("This does not look like an e-mail address. Check how it is spelled.")
NOT_ASCII = N_(
    "Before the @ of an e-mail address only the letters A to Z, digits and signs can be used here."
)
INCOMPLETE = N_("Write all of the domain of this e-mail address, such as example.org or pi.local.")

# In home networks there are mail servers under .local and .home.arpa, and .test is for trying things out.
for name in ("local", "arpa", "test"):
    if name in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(name)


class BadAddress(ValueError):
    """The site does not take the address; the message, in English, says why and is translated for pages."""


def checked(address: str, allow_domain_literal: bool = False) -> str:
    """
    *address* as it is kept; *allow_domain_literal*: it may name its host by a number in brackets.

    Raises:
        BadAddress: it is none, or none that every mail server takes.
    """
    try:
        # No DNS lookup while a person waits; and few mail servers accept names beyond ASCII.
        return validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            allow_domain_literal=allow_domain_literal,
        ).normalized
    except EmailNotValidError as error:
        raise BadAddress(_reason(address)) from error


def _reason(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not (at and local and domain):
        return NO_ADDRESS
    if not local.isascii():
        return NOT_ASCII
    # A forgotten ending: to people with a mail server of that name alone it costs less than to all others.
    return NO_ADDRESS if "." in domain or not domain.isalnum() else INCOMPLETE


def email_key(address: str) -> str:
    """
    What addresses are compared by: lower case, the domain in its IDNA form.

    Mail servers distinguish no case in practice. Other foldings would make one domain of two that can belong
    to different people, such as straße.de and strasse.de.
    """
    return _lower(ascii_address(address))


def ascii_address(address: str) -> str:
    """*address* as it is given to mail servers: its domain in its IDNA form."""
    try:
        checked = validate_email(address, check_deliverability=False, allow_domain_literal=True)
    except EmailNotValidError:
        # Nothing that was ever taken for an address; it is looked up, and nobody has it.
        return address
    return checked.ascii_email or checked.normalized


def _lower(text: str) -> str:
    """*text* with its ASCII letters in lower case."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)
