"""How a full disk shows, and what people are told of it."""

import errno

from microblog.i18n import N_

OUT_OF_SPACE = N_("The server is out of space. Tell the administrator.")


def is_full(error):
    """Whether *error*, an OSError, says that there is no space left, or none for this user."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
