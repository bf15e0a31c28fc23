"""Where the site is that an archive comes from."""

from typing import NamedTuple
from urllib.parse import urlsplit


class Site(NamedTuple):
    """*address*: its URL without a trailing slash. *keys*: those that sign, the last one new seals."""

    address: str
    keys: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def post_page(self) -> str:
        """What the URL of each post begins with; its id follows."""
        return f"{self.address}/post/"

    @property
    def document(self) -> str:
        """The URL of what describes posts to programs."""
        return f"{self.address}/api/docs"

    def user_page(self, username: str) -> str:
        return f"{self.address}/user/{username}"
