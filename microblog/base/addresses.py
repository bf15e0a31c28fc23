"""E-mail addresses: when two spellings of one lead to the same mailbox."""

from email_validator import EmailNotValidError, validate_email


def email_key(address):
    """
    What addresses are compared by: lower case, the domain in its IDNA form.

    Mail servers distinguish no case in practice. Other foldings would make one domain of two that can belong
    to different people, such as straße.de and strasse.de.
    """
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        # Nothing that was ever taken for an address; it is looked up, and nobody has it.
        return _lower(address)
    return _lower(checked.ascii_email or checked.normalized)


def _lower(text):
    """*text* with its ASCII letters in lower case."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)
