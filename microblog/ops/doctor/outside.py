"""Checks the site's connections to the outside: its mail server and its address."""

import ssl
from smtplib import SMTPAuthenticationError

from microblog.base.config import is_loopback
from microblog.mail.smtp import mail
from microblog.ops.doctor.finding import FAULT, FLASK, WARNING, WELL, Finding


def check_mail(settings):
    if not settings.mail_server:
        grade = WARNING if settings.https else WELL
        what = f"no MAIL_SERVER: mails lie in {settings.data_dir / 'outbox'}"
        yield Finding(grade, "mail", what, "set MAIL_SERVER" if settings.https else "")
        return
    where = f"{settings.mail_server}:{settings.mail_port}"
    try:
        with mail.connect():
            yield Finding(WELL, "mail", f"{where} lets the site in; to send one: {FLASK} mail-test ADDRESS")
    except SMTPAuthenticationError as error:
        yield Finding(FAULT, "mail", f"{where} refuses: {error}", "set MAIL_USERNAME and MAIL_PASSWORD")
    except ssl.SSLError as error:
        remedy = (
            "set MAIL_USE_SSL=on for port 465, MAIL_USE_TLS=on for 587; MAIL_SERVER as in its certificate"
        )
        yield Finding(FAULT, "mail", f"{where}: {error}", remedy)
    except OSError as error:
        yield Finding(
            FAULT, "mail", f"{where}: {error}", "set MAIL_SERVER and MAIL_PORT; is a firewall between?"
        )
    encrypted = settings.mail_use_tls or settings.mail_use_ssl or is_loopback(settings.mail_server)
    if settings.mail_password and not encrypted:
        yield Finding(
            WARNING, "mail", "the password travels in the clear", "set MAIL_USE_TLS=on or MAIL_USE_SSL=on"
        )
    if not (settings.mail_default_sender or settings.admins):
        yield Finding(WARNING, "mail", f"comes from {settings.sender}", "set MAIL_DEFAULT_SENDER")


def check_address(settings):
    if settings.https:
        yield Finding(WELL, "address", f"{settings.site_url}, cookies by https only")
        if not settings.trusted_proxies:
            what = "every visitor looks like the proxy to the limits"
            yield Finding(WARNING, "address", what, "set TRUSTED_PROXIES=127.0.0.1, or where the proxy is")
    elif settings.on_loopback and not settings.base_url:
        yield Finding(WELL, "address", f"{settings.site_url}, from this machine only")
    else:
        what = f"{settings.site_url}: passwords travel in the clear"
        yield Finding(WARNING, "address", what, "set BASE_URL=https://…, with a proxy that speaks it")
