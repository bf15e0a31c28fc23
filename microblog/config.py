"""Settings from the environment or a ``.env`` file, every fault named at once."""

import ipaddress
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from click import ClickException
from dotenv import dotenv_values
from email_validator import EmailNotValidError, validate_email

ROOT = Path(__file__).resolve().parent.parent
KNOWN_SECRETS = {"dev", "secret", "changeme", "you-will-never-guess"}


class BadSettings(ClickException, ValueError):
    """
    One or more settings cannot be used; the message names every one of them.

    A ClickException, for which ``flask`` prints its message instead of a traceback.
    """

    exit_code = 2

    def format_message(self):
        return f"bad settings: {self.message}"


@dataclass(frozen=True)
class Settings:
    """What the operator chose, checked. Sizes in bytes, ``_s`` in seconds, ``_days`` in days."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    redis_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    rate_limits: bool = True
    log_format: str = "text"
    log_level: str = "INFO"
    mail_server: str = ""
    mail_port: int = 25
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_default_sender: str = ""
    admins: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en", "es", "zh")
    posts_per_page: int = 25
    registration: str = "open"
    public: bool = True
    export_delay_s: float = 0.0
    export_attach_max_bytes: int = 1024 * 1024
    export_keep_days: int = 7
    web_concurrency: int = 2
    workers: int = 3

    @classmethod
    def load(cls):
        """
        Settings of this process: the real environment first, then ``.env`` beside ``run.sh``.

        Raises:
            BadSettings: with every fault in one line.
        """
        return cls.from_mapping({**_env_file(), **os.environ})

    @classmethod
    def from_mapping(cls, values):
        """
        Check *values*, a mapping of setting names to strings; empty means not set.

        Raises:
            BadSettings: with every fault in one line.
        """
        read = _Reader(values)
        settings = cls(
            data_dir=Path(read.text("DATA_DIR", str(ROOT / "data"))).expanduser().absolute(),
            host=read.text("HOST", "127.0.0.1"),
            port=read.whole("PORT", 8000, 1, 65535),
            base_url=read.url("BASE_URL"),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            redis_url=read.redis("REDIS_URL"),
            secret_key=read.secret("SECRET_KEY"),
            secret_key_fallbacks=read.words("SECRET_KEY_FALLBACKS"),
            rate_limits=read.switch("RATE_LIMITS", True),
            log_format=read.choice("LOG_FORMAT", ("text", "json")),
            log_level=read.choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
            mail_server=read.text("MAIL_SERVER"),
            mail_port=read.whole("MAIL_PORT", 25, 1, 65535),
            mail_use_tls=read.switch("MAIL_USE_TLS", False),
            mail_use_ssl=read.switch("MAIL_USE_SSL", False),
            mail_username=read.text("MAIL_USERNAME"),
            mail_password=read.text("MAIL_PASSWORD"),
            mail_default_sender=read.address("MAIL_DEFAULT_SENDER"),
            admins=read.addresses("ADMINS"),
            languages=read.languages("LANGUAGES", ("en", "es", "zh")),
            posts_per_page=read.whole("POSTS_PER_PAGE", 25, 1, 200),
            registration=read.choice("REGISTRATION", ("open", "invite", "closed")),
            public=read.switch("PUBLIC", True),
            export_delay_s=read.number("EXPORT_DELAY_S", 0, 0, 60),
            export_attach_max_bytes=read.whole("EXPORT_ATTACH_MAX_BYTES", 1024**2, 0, 25 * 1024**2),
            export_keep_days=read.whole("EXPORT_KEEP_DAYS", 7, 1, 365),
            web_concurrency=read.whole("WEB_CONCURRENCY", 2, 1, 64),
            workers=read.whole("WORKERS", 3, 2, 64),
        )
        read.faults += settings._contradictions()
        if read.faults:
            raise BadSettings("; ".join(read.faults))
        return settings

    @property
    def on_loopback(self):
        """Whether the site can be reached from this machine only."""
        return is_loopback(self.host)

    @property
    def private(self):
        """Whether nobody but the people at this machine can reach the site, by a proxy neither."""
        return self.on_loopback and is_loopback(urlsplit(self.site_url).hostname)

    @property
    def https(self):
        """Whether people reach the site by https."""
        return self.base_url.startswith("https://")

    @property
    def site_url(self):
        """Where people reach the site, without a slash at the end; links in mails start so."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"

    @property
    def trusted_hosts(self):
        """Hosts that a request may name: that of ``BASE_URL``, else any loopback name."""
        loopback = ["localhost", "127.0.0.1", "[::1]"]
        return [urlsplit(self.base_url).hostname, *loopback] if self.base_url else loopback

    @property
    def sender(self):
        """The address every mail comes from."""
        fallback = f"microblog@{urlsplit(self.site_url).hostname}"
        return self.mail_default_sender or next(iter(self.admins), fallback)

    @property
    def queue_url(self):
        """Where the queue is: ``REDIS_URL``, else what our own queue server wrote, else Redis' default."""
        written = self.data_dir / "run" / "queue.url"
        if self.redis_url:
            return self.redis_url
        return written.read_text().strip() if written.exists() else "redis://"

    def _contradictions(self):
        faults = []
        if self.mail_use_tls and self.mail_use_ssl:
            faults.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
        if not self.on_loopback and not self.base_url:
            faults.append(f"HOST={self.host} can be reached from outside: BASE_URL must say by which address")
        if not self.rate_limits and not self.private:
            faults.append("RATE_LIMITS=off is for loopback addresses only")
        if self.https and self.secret_key and (len(self.secret_key) < 32 or self.secret_key in KNOWN_SECRETS):
            faults.append("SECRET_KEY must have 32 characters or more when BASE_URL is https")
        return faults


def is_loopback(host):
    """Whether *host*, a name or an address, means this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secret_key(settings):
    """
    The key that signs cookies and envelopes: ``SECRET_KEY``, else one made at the first start.

    The made one lies in ``secret_key`` in the data folder, readable by its owner only. Two processes
    that start at once get the same one: the first to link it wins.
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


def _env_file():
    return {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}


class _Reader:
    """Reads one setting after the other and remembers what was wrong with each."""

    def __init__(self, values):
        self.values = values
        self.faults = []

    def text(self, name, default=""):
        return self.values.get(name, "").strip() or default

    def words(self, name):
        return tuple(self.text(name).replace(",", " ").split())

    def choice(self, name, options):
        value = self.text(name, options[0])
        by_lower = {option.lower(): option for option in options}
        return self._check(name, value, by_lower.get(value.lower()), f"must be one of {', '.join(options)}")

    def switch(self, name, default):
        meanings = {"on": True, "yes": True, "true": True, "1": True}
        meanings |= {"off": False, "no": False, "false": False, "0": False}
        value = self.text(name)
        return (
            self._check(name, value, meanings.get(value.lower()), "must be on or off") if value else default
        )

    def whole(self, name, default, least, most):
        return int(self.number(name, default, least, most, int))

    def number(self, name, default, least, most, kind=float):
        value = self.text(name, str(default))
        try:
            number = kind(value)
        except ValueError:
            number = None
        fits = number is not None and least <= number <= most
        unit = "a whole number" if kind is int else "a number"
        return self._check(
            name, value, number if fits else None, f"must be {unit} from {least} to {most}", default
        )

    def url(self, name):
        value = self.text(name).rstrip("/")
        good = not value or (value.startswith(("http://", "https://")) and urlsplit(value).hostname)
        plain = not value or not (urlsplit(value).path or urlsplit(value).query)
        return self._check(
            name, value, value if good and plain else None, "must look like https://blog.example.org"
        )

    def redis(self, name):
        value = self.text(name)
        good = not value or value.startswith(("redis://", "rediss://", "unix://"))
        # The value may hold a password: the fault must not repeat it.
        return self._check(
            name, "…", value if good else None, "must start with redis://, rediss:// or unix://"
        )

    def secret(self, name):
        value = self.text(name)
        return self._check(
            name, "…", value if not value or len(value) >= 16 else None, "needs 16 characters or more"
        )

    def address(self, name):
        return next(iter(self.addresses(name)), "")

    def addresses(self, name):
        for value in self.words(name):
            try:
                validate_email(
                    value, check_deliverability=False, allow_domain_literal=True, test_environment=True
                )
            except EmailNotValidError:
                self.faults.append(f"{name}={value} is not an e-mail address")
        return self.words(name)

    def networks(self, name):
        for value in self.words(name):
            try:
                ipaddress.ip_network(value)
            except ValueError:
                self.faults.append(f"{name}={value} is neither an IP address nor a network like 10.0.0.0/8")
        return self.words(name)

    def languages(self, name, known):
        chosen = self.words(name) or known
        unknown = set(chosen) - set(known)
        return self._check(
            name, ",".join(chosen), None if unknown else chosen, f"can hold {', '.join(known)}", known
        )

    def _check(self, name, value, good, rule, default=""):
        if good is None:
            self.faults.append(f"{name}={value} {rule}")
            return default
        return good
