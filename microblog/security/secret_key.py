"""The key that signs cookies and envelopes; made at the first start unless the operator chose one."""

import os
import secrets


def secret_key(settings):
    """
    The key that signs cookies and envelopes: ``SECRET_KEY``, else one made at the first start.

    That one is stored in ``secret_key`` in the data folder, readable by its owner only. Two processes
    that start at once get the same key: the first to link the file wins.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret_key"
    if not path.exists():
        draft = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
