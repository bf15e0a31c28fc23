"""Settings from the environment or a ``.env`` file, every fault named at once."""

import ipaddress
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from click import ClickException

from microblog.base import env_file
from microblog.base.environment import Reader

ROOT = Path(__file__).resolve().parent.parent.parent
ENV_FILE = ROOT / ".env"
LARGEST_BODY_BYTES = 64 * 1024
# Words that example keys are made of, including those of this project's own tests.
PLACEHOLDERS = re.compile("change.?me|example|for tests only|microblog|password|secret|you-will-never-guess")


class BadSettings(ClickException, ValueError):
    """
    One or more settings cannot be used; the message names every one of them.

    A ClickException, so that ``flask`` prints the message instead of a traceback.
    """

    exit_code = 2

    def format_message(self):
        return f"bad settings: {self.message}"


def setting(default, read, *limits, shown=True):
    """A field that *read*, a method of Reader, parses within *limits*; not *shown*: may hold a secret."""
    return field(default=default, repr=shown, metadata={"read": read, "limits": limits})


@dataclass(frozen=True)
class Settings:
    """What the operator chose, checked. Sizes in bytes, ``_s`` in seconds, ``_days`` in days."""

    data_dir: Path = setting(ROOT / "data", Reader.folder)  # noqa: RUF009 - no path ever changes
    host: str = setting("127.0.0.1", Reader.text)
    port: int = setting(8000, Reader.whole, 1, 65535)
    base_url: str = setting("", Reader.url)
    trusted_proxies: tuple[str, ...] = setting((), Reader.networks)
    redis_url: str = setting("", Reader.redis, shown=False)
    secret_key: str = setting("", Reader.secret, shown=False)
    secret_key_fallbacks: tuple[str, ...] = setting((), Reader.words, shown=False)
    rate_limits: bool = setting(True, Reader.switch)
    log_format: str = setting("text", Reader.choice, "text", "json")
    log_level: str = setting("INFO", Reader.choice, "INFO", "DEBUG", "WARNING", "ERROR")
    mail_server: str = setting("", Reader.host)
    mail_port: int = setting(25, Reader.whole, 1, 65535)
    mail_use_tls: bool = setting(False, Reader.switch)
    mail_use_ssl: bool = setting(False, Reader.switch)
    mail_username: str = setting("", Reader.text)
    mail_password: str = setting("", Reader.text, shown=False)
    mail_default_sender: str = setting("", Reader.address)
    admins: tuple[str, ...] = setting((), Reader.addresses)
    languages: tuple[str, ...] = setting(("en", "es", "zh"), Reader.some_of)
    posts_per_page: int = setting(25, Reader.whole, 1, 200)
    registration: str = setting("open", Reader.choice, "open", "invite", "closed")
    public: bool = setting(True, Reader.switch)
    export_delay_s: float = setting(0.0, Reader.number, 0, 60)
    export_attach_max_bytes: int = setting(1024**2, Reader.whole, 0, 25 * 1024**2)
    export_keep_days: int = setting(7, Reader.whole, 1, 365)
    web_concurrency: int = setting(2, Reader.whole, 1, 64)
    workers: int = setting(3, Reader.whole, 2, 64)

    @classmethod
    def load(cls):
        """
        Settings of this process: the real environment first, then ``.env`` beside ``run.sh``.

        Raises:
            BadSettings: with every fault in one line.
        """
        written, faults = env_file.read(ENV_FILE, [one.name.upper() for one in fields(cls)])
        return cls.from_mapping({**written, **os.environ}, faults)

    @classmethod
    def from_mapping(cls, values, faults=()):
        """
        Check *values*, a mapping of setting names to strings; empty means not set. *faults* are known before.

        Raises:
            BadSettings: with every fault in one line.
        """
        reader = Reader(values)
        chosen = {
            one.name: one.metadata["read"](reader, one.name.upper(), one.default, *one.metadata["limits"])
            for one in fields(cls)
        }
        settings = cls(**chosen)
        if faults := [*faults, *reader.faults, *settings._contradictions()]:
            raise BadSettings("; ".join(faults))
        return settings

    @property
    def on_loopback(self):
        """Whether the site can be reached from this machine only."""
        return is_loopback(self.host)

    @property
    def private(self):
        """Whether the site can be reached from this machine only, not even through a proxy."""
        return self.on_loopback and is_loopback(urlsplit(self.site_url).hostname)

    @property
    def https(self):
        """Whether people reach the site over HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def address(self):
        """Host and port to listen on, as in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def site_url(self):
        """The URL at which people reach the site, without a trailing slash; links in mails start with it."""
        return self.base_url or f"http://{self.address}"

    @property
    def trusted_hosts(self):
        """Hosts that a request may name: that of ``BASE_URL``, if set, and the loopback names."""
        loopback = ["localhost", "127.0.0.1", "[::1]"]
        return [urlsplit(self.base_url).hostname, *loopback] if self.base_url else loopback

    @property
    def sender(self):
        """The address every mail comes from."""
        fallback = f"microblog@{urlsplit(self.site_url).hostname}"
        return self.mail_default_sender or next(iter(self.admins), fallback)

    @property
    def queue_url(self):
        """The queue's URL: ``REDIS_URL``, else what our own queue server wrote, else Redis' default."""
        if self.redis_url:
            return self.redis_url
        with suppress(FileNotFoundError):
            return self.queue_url_file.read_text().strip()
        return "redis://"

    @property
    def queue_url_file(self):
        """Where our own queue server's URL is written while it runs."""
        return self.data_dir / "run" / "queue.url"

    def _contradictions(self):
        faults = []
        if self.mail_use_tls and self.mail_use_ssl:
            faults.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
        if not self.on_loopback and not self.base_url:
            faults.append(f"HOST={self.host} can be reached from outside: BASE_URL must say by which address")
        if not self.rate_limits and not self.private:
            faults.append("RATE_LIMITS=off is for loopback addresses only")
        keys = filter(None, [self.secret_key, *self.secret_key_fallbacks])
        if self.https and any(map(_can_be_guessed, keys)):
            faults.append(
                "SECRET_KEY and SECRET_KEY_FALLBACKS must have 32 random characters or more under https"
            )
        return faults


def is_loopback(host):
    """Whether *host*, a name or an address, means this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _can_be_guessed(key):
    """Whether *key* is short, has few different characters, or consists of words from examples."""
    left = PLACEHOLDERS.sub("", key.lower())
    return len(left) < 32 or len(set(left)) < 8
