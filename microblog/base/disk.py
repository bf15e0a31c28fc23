"""How to recognize a full disk, and what people are told about it."""

import errno

from microblog.base.i18n import N_

OUT_OF_SPACE = N_("The server is out of space. Tell the administrator.")


def is_full(error):
    """Whether *error*, an OSError, says that the disk is full or a quota is used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
