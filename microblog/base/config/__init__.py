"""Settings from the environment or a ``.env`` file, every error named at once."""

import ipaddress
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from click import ClickException

from microblog.base.config import env_file
from microblog.base.config.parser import Parser

ROOT = Path(__file__).resolve().parents[3]
ENV_FILE = ROOT / ".env"
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


def setting(default, parse, *limits, secret=False):
    """A field that *parse*, a method of Parser, reads within *limits*; a *secret* is not part of the repr."""
    return field(default=default, repr=not secret, metadata={"parse": parse, "limits": limits})


@dataclass(frozen=True)
class Settings:
    """What the operator chose, checked. Sizes in bytes, ``_s`` in seconds, ``_days`` in days."""

    data_dir: Path = setting(ROOT / "data", Parser.path)  # noqa: RUF009 - no path ever changes
    host: str = setting("127.0.0.1", Parser.str)
    port: int = setting(8000, Parser.int, 1, 65535)
    base_url: str = setting("", Parser.url)
    trusted_proxies: tuple[str, ...] = setting((), Parser.networks)
    redis_url: str = setting("", Parser.redis_url, secret=True)
    secret_key: str = setting("", Parser.secret, secret=True)
    secret_key_fallbacks: tuple[str, ...] = setting((), Parser.list, secret=True)
    rate_limits: bool = setting(True, Parser.bool)
    log_format: str = setting("text", Parser.one_of, "text", "json")
    log_level: str = setting("INFO", Parser.one_of, "INFO", "DEBUG", "WARNING", "ERROR")
    mail_server: str = setting("", Parser.host)
    mail_port: int = setting(25, Parser.int, 1, 65535)
    mail_use_tls: bool = setting(False, Parser.bool)
    mail_use_ssl: bool = setting(False, Parser.bool)
    mail_username: str = setting("", Parser.str)
    mail_password: str = setting("", Parser.str, secret=True)
    mail_default_sender: str = setting("", Parser.email)
    admins: tuple[str, ...] = setting((), Parser.emails)
    languages: tuple[str, ...] = setting(("en", "es", "zh"), Parser.subset)
    posts_per_page: int = setting(25, Parser.int, 1, 200)
    registration: str = setting("open", Parser.one_of, "open", "invite", "closed")
    public: bool = setting(True, Parser.bool)
    export_delay_s: float = setting(0.0, Parser.float, 0, 60)
    export_attach_max_bytes: int = setting(1024**2, Parser.int, 0, 25 * 1024**2)
    export_keep_days: int = setting(7, Parser.int, 1, 365)
    web_concurrency: int = setting(2, Parser.int, 1, 64)
    workers: int = setting(3, Parser.int, 2, 64)

    @classmethod
    def load(cls):
        """
        Settings of this process: the real environment first, then ``.env`` beside ``run.sh``.

        Raises:
            BadSettings: with every error in one line.
        """
        written, errors = env_file.read(ENV_FILE, [one.name.upper() for one in fields(cls)])
        return cls.from_mapping({**written, **os.environ}, errors)

    @classmethod
    def from_mapping(cls, values, errors=()):
        """
        Check *values*, a mapping of setting names to strings; empty means not set. *errors* are known before.

        Raises:
            BadSettings: with every error in one line.
        """
        parser = Parser(values)
        chosen = {
            one.name: one.metadata["parse"](parser, one.name.upper(), one.default, *one.metadata["limits"])
            for one in fields(cls)
        }
        settings = cls(**chosen)
        if errors := [*errors, *parser.errors, *settings._contradictions()]:
            raise BadSettings("; ".join(errors))
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
        errors = []
        if self.mail_use_tls and self.mail_use_ssl:
            errors.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
        if not self.on_loopback and not self.base_url:
            errors.append(f"HOST={self.host} can be reached from outside: BASE_URL must say by which address")
        if not self.rate_limits and not self.private:
            errors.append("RATE_LIMITS=off is for loopback addresses only")
        keys = filter(None, [self.secret_key, *self.secret_key_fallbacks])
        if self.https and any(map(_can_be_guessed, keys)):
            errors.append(
                "SECRET_KEY and SECRET_KEY_FALLBACKS must have 32 random characters or more under https"
            )
        return errors


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
