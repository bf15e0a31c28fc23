"""Settings from the environment or a ``.env`` file, every error named at once."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from click import ClickException

from microblog.base.addresses import ascii_address
from microblog.base.config import env_file, kinds
from microblog.base.config.kinds import number, one_of, subset

ROOT = Path(__file__).resolve().parents[3]
ENV_FILE = ROOT / ".env"
ADDRESS = re.compile(r"[\w.:\[\]-]+:\d{1,5}", re.ASCII)
# Of submission over TLS, RFC 8314.
TLS_PORT = 465
# Words that example keys are made of, including those of this project's own tests.
PLACEHOLDERS = re.compile("change.?me|example|for tests only|microblog|password|secret|you-will-never-guess")


class BadSettings(ClickException, ValueError):
    """
    One or more settings cannot be used; the message names every one of them.

    A ClickException, so that ``flask`` prints the message instead of a traceback.
    """

    exit_code = 2

    def format_message(self) -> str:
        return f"bad settings: {self.message}"


Value = TypeVar("Value")


def setting(default: Value, kind: kinds.Kind, secret: bool = False) -> Value:
    """A field of this *kind*; a *secret* is not part of the repr, nor of an error."""
    return field(default=default, repr=not secret, metadata={"kind": kind})


@dataclass(frozen=True)
class Settings:
    """What the operator chose, checked. Sizes in bytes, ``_s`` in seconds, ``_days`` in days."""

    data_dir: Path = setting(ROOT / "data", kinds.PATH)  # noqa: RUF009 - no path ever changes
    host: str = setting("127.0.0.1", kinds.HOST)
    port: int = setting(8000, number(1, 65535))
    base_url: str = setting("", kinds.URL)
    trusted_proxies: tuple[str, ...] = setting((), kinds.NETWORKS)
    redis_url: str = setting("", kinds.REDIS_URL, secret=True)
    secret_key: str = setting("", kinds.SECRET, secret=True)
    secret_key_fallbacks: tuple[str, ...] = setting((), kinds.LIST, secret=True)
    rate_limits: bool = setting(True, kinds.BOOL)
    log_format: str = setting("text", one_of("text", "json"))
    log_level: str = setting("INFO", one_of("INFO", "DEBUG", "WARNING", "ERROR"))
    mail_server: str = setting("", kinds.HOST)
    mail_port: int = setting(25, number(1, 65535))
    mail_use_tls: bool = setting(False, kinds.BOOL)
    mail_use_ssl: bool = setting(False, kinds.BOOL)
    mail_username: str = setting("", kinds.STR)
    mail_password: str = setting("", kinds.PASSWORD, secret=True)
    mail_default_sender: str = setting("", kinds.EMAIL)
    admins: tuple[str, ...] = setting((), kinds.EMAILS)
    languages: tuple[str, ...] = setting(("en", "es", "zh"), subset("en", "es", "zh"))
    posts_per_page: int = setting(25, number(1, 200))
    # Not set is something else than its default: see ``models.site``.
    registration: str = setting("", one_of("open", "invite", "closed"))
    invites: str = setting("", one_of("administrators", "members"))
    second_factor: str = setting("optional", one_of("optional", "administrators", "everybody"))
    public: bool = setting(True, kinds.BOOL)
    metrics_token: str = setting("", kinds.SECRET, secret=True)
    export_delay_s: float = setting(0.0, number(0, 60, float))
    export_attach_max_bytes: int = setting(1024**2, number(0, 25 * 1024**2))
    export_keep_days: int = setting(7, number(1, 365))
    import_max_bytes: int = setting(50 * 1024**2, number(1024**2, 1024**3))
    web_concurrency: int = setting(2, number(1, 64))
    workers: int = setting(3, number(2, 64))

    @classmethod
    def load(cls) -> Self:
        """
        Settings of this process: the real environment first, then ``.env`` beside ``run.sh``.

        Raises:
            BadSettings: with every error in one line.
        """
        written, errors = env_file.read(ENV_FILE, [one.name.upper() for one in fields(cls)])
        return cls.from_mapping({**written, **env_file.environment(written)}, errors)

    @classmethod
    def from_mapping(cls, values: Mapping[str, str], errors: Iterable[str] = ()) -> Self:
        """
        Check *values*, texts by names of settings; empty means not set. *errors* are known before.

        Raises:
            BadSettings: with every error in one line.
        """
        wrongs, chosen = list(errors), dict[str, Any]()
        for one in fields(cls):
            kind, name = one.metadata["kind"], one.name.upper()
            text = values.get(name, "")
            if text.strip():
                value, wrong = kind.parse(text)
                # Before the @ of a URL there may be a password.
                hidden = not one.repr or (kind is kinds.URL and "@" in text)
                wrongs += [f"{name}={'…' if hidden else part} {rule}" for part, rule in wrong]
                if not wrong:
                    chosen[one.name] = value
        settings = cls(**chosen)
        if wrongs := wrongs + settings._contradictions():
            raise BadSettings("; ".join(wrongs))
        return settings

    @property
    def private(self) -> bool:
        """Whether the site can be reached from this machine only, not even through a proxy."""
        return is_loopback(self.host) and is_loopback(urlsplit(self.base_url).hostname or self.host)

    @property
    def https(self) -> bool:
        """Whether people reach the site over HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def address(self) -> str:
        """Host and port to listen on, as in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def site_url(self) -> str:
        """
        The URL at which people reach the site, without a trailing slash; links in mails start with it.

        Without a ``BASE_URL`` it is where the web server listened last, because others than it may be
        started with another ``PORT``: by honcho and foreman they are.
        """
        return self.base_url or f"http://{self.listening_address}"

    @property
    def listening_address(self) -> str:
        """Where the web server listens, by its own account; as the settings say if it has never run."""
        return _left(self.address_file, ADDRESS.fullmatch) or self.address

    @property
    def address_file(self) -> Path:
        """Where the web server writes the address that it listens on."""
        return self.data_dir / "run" / "address"

    @property
    def trusted_hosts(self) -> list[str]:
        """Hosts that a request may name: the site's own, and the loopback names."""
        own = urlsplit(self.base_url).hostname or self.host
        return [own, "localhost", "127.0.0.1", "::1"]

    @property
    def sender(self) -> str:
        """The address every mail comes from, as mail servers see it."""
        fallback = f"microblog@{_mail_domain(urlsplit(self.site_url).hostname or self.host)}"
        return ascii_address(self.mail_default_sender or next(iter(self.admins), fallback))

    @property
    def queue_url(self) -> str:
        """The queue's URL: ``REDIS_URL``, else what our own queue server wrote, else Redis' default."""
        if self.redis_url:
            return self.redis_url
        return _left(self.queue_url_file, lambda text: not kinds.REDIS_URL.parse(text)[1]) or "redis://"

    @property
    def queue_url_file(self) -> Path:
        """Where our own queue server's URL is written while it runs."""
        return self.data_dir / "run" / "queue.url"

    def _contradictions(self) -> list[str]:
        errors = []
        if self.mail_use_tls and self.mail_use_ssl:
            errors.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
        if self.mail_port == TLS_PORT and not self.mail_use_ssl:
            errors.append("MAIL_PORT=465 speaks TLS from the first byte: it needs MAIL_USE_SSL=on")
        if bool(self.mail_username) != bool(self.mail_password):
            errors.append("MAIL_USERNAME and MAIL_PASSWORD belong together: set both or none")
        if not is_loopback(self.host) and not self.base_url:
            errors.append(f"HOST={self.host} can be reached from outside: BASE_URL must say by which address")
        if not self.rate_limits and not self.private:
            errors.append("RATE_LIMITS=off is for loopback addresses only")
        keys = filter(None, [self.secret_key, *self.secret_key_fallbacks])
        if self.https and any(map(can_be_guessed, keys)):
            errors.append(
                "SECRET_KEY and SECRET_KEY_FALLBACKS must have 32 random characters or more under https"
            )
        return errors


def _left(path: Path, is_valid: Callable[[str], object]) -> str:
    """What a process of the site left in the file *path*; "" unless it *is_valid*."""
    # Not permitted: a command of somebody else, which will be told so.
    with suppress(OSError):
        text = path.read_text(errors="replace").strip()
        # A power cut may have left anything there.
        if is_valid(text):
            return text
    return ""


@cache
def is_loopback(host: str) -> bool:
    """Whether *host*, a name or an address, means this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mail_domain(host: str) -> str:
    """*host* as it stands behind the @: RFC 5321 wants an IP address in brackets."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def can_be_guessed(key: str) -> bool:
    """Whether *key* is short, has few different characters, or consists of words from examples."""
    left = PLACEHOLDERS.sub("", key.lower())
    return len(left) < 32 or len(set(left)) < 8
