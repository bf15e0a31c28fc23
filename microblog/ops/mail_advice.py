"""What to do about a mail server that takes no mail of this site, by what it said."""

import smtplib
import socket
import ssl

from microblog.mail import smtp

TLS_FIRST = "that port speaks TLS from the first byte: set MAIL_USE_SSL=on and MAIL_USE_TLS=off"
NO_TLS_FIRST = (
    "that port does not begin with TLS: set MAIL_USE_SSL=off, and MAIL_USE_TLS=on if it has STARTTLS"
)
NO_STARTTLS = "the server has no STARTTLS there: set MAIL_USE_TLS=off, or MAIL_PORT to one that has it"
STARTTLS_FIRST = "set MAIL_USE_TLS=on"
CERTIFICATE = "set MAIL_SERVER to the name in its certificate; this machine must trust whoever signed that"
CREDENTIALS = "set MAIL_USERNAME and MAIL_PASSWORD to what the server knows"
NO_SIGN_IN = "nobody can sign in there: unset MAIL_USERNAME and MAIL_PASSWORD"
NO_SIGN_IN_YET = (
    f"{STARTTLS_FIRST}, since many servers let in only then; else unset MAIL_USERNAME and MAIL_PASSWORD"
)
SENDER = "set MAIL_DEFAULT_SENDER to an address that the server lets this site use"
SENDABLE_SENDER = "set MAIL_DEFAULT_SENDER, or the first of ADMINS, to an address with a-z before the @"
NO_SUCH_NAME = "set MAIL_SERVER: there is no machine of that name"
NOTHING_THERE = "set MAIL_SERVER and MAIL_PORT: nothing takes mail there"
NO_ANSWER = "set MAIL_SERVER and MAIL_PORT; is a firewall between? many providers block port 25"


def words(error):
    """What the server said, or else the system, in one line."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        return " ".join(f"{error.smtp_code} {said}".split())
    return " ".join(str(error).split())


def advice(error, settings):
    """The remedy for *error*, an OSError of ``smtp.rehearse``."""
    match error:
        case ssl.SSLCertVerificationError():
            return CERTIFICATE
        case ssl.SSLError():
            return NO_TLS_FIRST
        case socket.gaierror():
            return NO_SUCH_NAME
        case ConnectionRefusedError():
            return NOTHING_THERE
        case smtplib.SMTPAuthenticationError():
            return CREDENTIALS
        case smtplib.SMTPNotSupportedError():
            return _of_what_it_lacks(error, settings)
        case smtplib.SMTPResponseException():
            return _of_refusal(error, settings)
    return NO_ANSWER if settings.mail_use_ssl or not smtp.begins_with_tls() else TLS_FIRST


def _of_what_it_lacks(error, settings):
    if "STARTTLS" in str(error):
        return NO_STARTTLS
    return NO_SIGN_IN if settings.mail_use_tls or settings.mail_use_ssl else NO_SIGN_IN_YET


def _of_refusal(error, settings):
    if "STARTTLS" in words(error).upper():
        return STARTTLS_FIRST
    # RFC 4954, 6: 530 asks for a sign-in.
    return CREDENTIALS if error.smtp_code == 530 and not settings.mail_username else SENDER
