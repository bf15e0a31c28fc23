"""What an archive says of the site that it comes from."""

from typing import NamedTuple
from urllib.parse import urlsplit

from microblog.models.site import NAME


class Site(NamedTuple):
    """
    *address*: its URL without a trailing slash. *keys*: those that sign, the last one new seals.

    *name*: how the site is called.
    """

    address: str
    keys: tuple[str, ...] = ()
    name: str = NAME

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
