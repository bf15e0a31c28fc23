"""The key that signs cookies and queue messages; made at the first start unless the operator chose one."""

import secrets

from microblog.base.files import atomic_write
from microblog.base.locks import locked


def secret_key(settings):
    """
    The key that signs cookies and queue messages: ``SECRET_KEY``, else one made at the first start.

    That one is stored in ``secret_key`` in the data folder, readable by its owner only.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret_key"
    if not path.exists():
        # Two processes that start at once must use the same key.
        with locked(settings.data_dir / "run" / "secret_key.lock"):
            if not path.exists():
                with atomic_write(path) as file:
                    file.write(secrets.token_hex(32))
    return path.read_text()
