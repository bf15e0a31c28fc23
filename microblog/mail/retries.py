"""
When a mail is sent again: after which pauses, and what follows an attempt of which nobody knows the end.

Right before the end of its data it is noted that the mail may have arrived from then on. Whoever finds this
note sends one more, recognizable as the same; after a second such end it fails: another could be a third.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from microblog.base import clock
from microblog.base.i18n import N_
from microblog.mail.exceptions import MailRefused

if TYPE_CHECKING:
    from microblog.mail.mail import Mail

# After a failed attempt. All five fit within an hour.
PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=20))
UNCERTAIN_TWICE = N_("The connection was lost twice after the mail had left; it may have arrived.")


def begin_sending(mail: "Mail") -> None:
    """
    Begin an attempt to send *mail*.

    Raises:
        MailRefused: two attempts ended uncertainly.
        ClaimLost: the row is not ours any more.
    """
    uncertain = mail.sending_at is not None
    if uncertain and mail.resent:
        raise MailRefused(UNCERTAIN_TWICE)
    mail.write(sending_at=None, resent=uncertain or mail.resent)


def mark_sending(mail: "Mail", recipient: str) -> None:
    """
    Record that *mail* is about to leave for *recipient*: if a crash follows, it may have arrived.

    Raises:
        ClaimLost: the row is not ours any more, for example because it was withdrawn.
    """
    mail.write(sending_at=clock.now(), recipient=recipient)


def mark_not_sent(mail: "Mail") -> None:
    """
    Record that *mail* has certainly not arrived: the server said so, or the attempt ended before.

    Raises:
        ClaimLost: the row is not ours any more.
    """
    mail.write(sending_at=None)
