"""Texts that are stored in English and translated when shown."""


def N_(message: str) -> str:  # noqa: N802 - the name by which Babel finds such texts
    """Mark *message* for the catalogues and return it as it is."""
    return message
