import stat

import pytest

from microblog.base.config import BadSettings, Settings
from microblog.ops import probes
from microblog.security.signatures import keep_key, secret_key


def load(tmp_path, **values):
    return Settings.from_mapping({"DATA_DIR": str(tmp_path), **values})


GOOD_KEY = "5f3c9a0e7d1b42688c6e0f9d3a7b1c4e"
WEAK_KEYS = [
    *("x" * 20, "x" * 64, "1234567" * 6, "you-will-never-guess-you-will-never-guess"),
    *("change-me-change-me-change-me-change-me", "for tests only, 32 characters long"),
]
IMPOSSIBLE_URLS = [
    *("http://x:99999", "http://x:0", "http://x:http", "http://x:", "http://:8000"),
    *("http://exa mple", "http://exa\tmple", "http://...", "http://x..y", "http://x.", f"http://{'x' * 64}"),
    *("http://exa<mple", "http://exa%20mple", "http://1.2.3.999", "http://my_site"),
    *("http://[::1]x", "http://x[::1]", "http://[v1.x]", "HTTP://x"),
]
NO_HOSTS = [
    "http://foo",
    "foo:25",
    "[::1",
    "[foo]",
    "user@foo",
    "foo bar",
    "foo/bar",
    "foo..bar",
    "1.2.3.999",
    "-:-",
]


def test_nothing_set_is_enough(tmp_path):
    settings = load(tmp_path)

    assert settings.site_url == "http://127.0.0.1:8000"
    assert settings.sender == "microblog@[127.0.0.1]"
    assert settings.export_attach_max_bytes == 1024 * 1024


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"PORT": "http"}, "PORT=http must be a whole number"),
        ({"PORT": "0"}, "PORT=0 must be"),
        ({"EXPORT_DELAY_S": "-1"}, "EXPORT_DELAY_S=-1"),
        ({"EXPORT_DELAY_S": "nan"}, "EXPORT_DELAY_S=nan"),
        ({"REGISTRATION": "maybe"}, "REGISTRATION=maybe must be one of open, invite, closed"),
        ({"INVITES": "all"}, "INVITES=all must be one of administrators, members"),
        ({"SECOND_FACTOR": "on"}, "SECOND_FACTOR=on must be one of optional, administrators, everybody"),
        ({"MAIL_USE_TLS": "perhaps"}, "MAIL_USE_TLS=perhaps must be on or off"),
        ({"BASE_URL": "blog.example.org"}, "BASE_URL=blog.example.org must look like"),
        ({"BASE_URL": "https://example.org/blog"}, "BASE_URL=https://example.org/blog"),
        ({"BASE_URL": "https://[example.org"}, "BASE_URL=https://[example.org must look like"),
        *(({"BASE_URL": url}, f"BASE_URL={url} must look like") for url in IMPOSSIBLE_URLS),
        ({"BASE_URL": "http://a:hush@host"}, "BASE_URL=… must look like"),
        *(({"MAIL_SERVER": host}, f"MAIL_SERVER={host} must be a host name") for host in NO_HOSTS),
        ({"ADMINS": "you"}, "ADMINS=you is not an e-mail address"),
        ({"LANGUAGES": "en,xx"}, "LANGUAGES=en,xx"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"HOST": "0.0.0.0"}, "BASE_URL must say by which address"),
        ({"RATE_LIMITS": "off", "BASE_URL": "https://example.org"}, "RATE_LIMITS=off is for loopback"),
        ({"MAIL_USE_TLS": "on", "MAIL_USE_SSL": "on"}, "exclude each other"),
        ({"MAIL_PORT": "465"}, "it needs MAIL_USE_SSL=on"),
        ({"MAIL_PORT": "465", "MAIL_USE_TLS": "on"}, "it needs MAIL_USE_SSL=on"),
        ({"MAIL_USERNAME": "me"}, "MAIL_USERNAME and MAIL_PASSWORD belong together"),
        ({"MAIL_PASSWORD": "hush"}, "MAIL_USERNAME and MAIL_PASSWORD belong together"),
        ({"DATA_DIR": "~nobody-of-that-name/mb"}, "DATA_DIR=~nobody-of-that-name/mb begins with the home"),
        ({"REDIS_URL": "redis://host/0?foo=bar"}, "after ? only options of redis-py"),
        ({"REDIS_URL": "rediss://host?ssl_cert_reqs=CERT_NONE"}, "after ? only options of redis-py"),
        *(
            ({"BASE_URL": "https://example.org", "SECRET_KEY": key}, "32 random characters")
            for key in WEAK_KEYS
        ),
        (
            {"BASE_URL": "https://example.org", "SECRET_KEY": GOOD_KEY, "SECRET_KEY_FALLBACKS": "short"},
            "SECRET_KEY_FALLBACKS must have 32 random characters",
        ),
    ],
)
def test_a_bad_setting_is_named(tmp_path, values, error):
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, **values)

    assert error in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["blog.example.org", "my-site", "xn--bcher-kva.example", "localhost", "127.0.0.1", "[::1]"]
)
@pytest.mark.parametrize("port", ["", ":1", ":65535"])
def test_a_url_of_a_site_is_taken(tmp_path, host, port):
    assert load(tmp_path, BASE_URL=f"http://{host}{port}/").base_url == f"http://{host}{port}"


@pytest.mark.parametrize("host", ["smtp.example.org", "mail_server", "192.0.2.1", "::1", "pi.local", "pi"])
def test_a_host_of_a_mail_server_is_taken(tmp_path, host):
    assert load(tmp_path, MAIL_SERVER=host).mail_server == host


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("blog.bücher.example", "blog.xn--bcher-kva.example"),
        ("Blog.BÜCHER.Example", "blog.xn--bcher-kva.example"),
        ("blog.xn--bcher-kva.example", "blog.xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例子。example", "xn--fsqu00a.example"),
        ("☃.example", "xn--n3h.example"),
    ],
)
def test_a_host_is_kept_as_browsers_send_it(tmp_path, written, sent):
    settings = load(tmp_path, BASE_URL=f"http://{written}:8000", MAIL_SERVER=written, HOST=written)

    assert settings.base_url == f"http://{sent}:8000"
    assert settings.sender == f"microblog@{sent}"
    assert (settings.mail_server, settings.host) == (sent, sent)
    assert sent in settings.trusted_hosts


def test_the_sender_is_kept_as_mail_servers_see_it(tmp_path):
    assert load(tmp_path, ADMINS="me@straße.example").sender == "me@xn--strae-oqa.example"


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_may_stand_in_brackets(tmp_path, host):
    settings = load(tmp_path, HOST=host)

    assert (settings.host, settings.site_url) == ("::1", "http://[::1]:8000")
    assert settings.sender == "microblog@[IPv6:::1]"
    assert settings.private


@pytest.mark.parametrize("host", ["0.0.0.0 ", "a b", "http://127.0.0.1", "127.0.0.1:8000", "[pi]", "*"])
def test_what_nobody_can_listen_on_is_refused(tmp_path, host):
    with pytest.raises(BadSettings, match="HOST="):
        load(tmp_path, HOST=host)


def test_a_password_keeps_the_white_space_around_it(tmp_path):
    settings = load(tmp_path, MAIL_PASSWORD=" a b ", MAIL_USERNAME=" susan ")

    assert (settings.mail_password, settings.mail_username) == (" a b ", "susan")
    assert load(tmp_path, MAIL_PASSWORD="  ").mail_password == ""


def test_without_a_base_url_the_site_is_where_the_web_server_says_that_it_listens(tmp_path):
    worker = load(tmp_path, PORT="5100")
    assert worker.site_url == "http://127.0.0.1:5100"

    probes.leave_address(load(tmp_path, PORT="5000"))

    assert worker.site_url == "http://127.0.0.1:5000"
    assert worker.address == "127.0.0.1:5100"
    assert load(tmp_path, BASE_URL="http://pi.local").site_url == "http://pi.local"


def test_a_language_named_twice_is_offered_once(tmp_path):
    assert load(tmp_path, LANGUAGES="es,en,es").languages == ("es", "en")


def test_a_key_that_nobody_can_guess_is_taken(tmp_path):
    settings = load(
        tmp_path, BASE_URL="https://example.org", SECRET_KEY=GOOD_KEY, SECRET_KEY_FALLBACKS=GOOD_KEY
    )

    assert settings.secret_key == GOOD_KEY


def test_all_bad_settings_are_named_at_once(tmp_path):
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, PORT="x", WORKERS="1", LOG_FORMAT="xml")

    assert all(name in str(caught.value) for name in ("PORT", "WORKERS", "LOG_FORMAT"))


def test_a_secret_is_never_repeated(tmp_path):
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, SECRET_KEY="hush", REDIS_URL="http://:hush@host")

    assert "hush" not in str(caught.value)
    assert "hush" not in repr(load(tmp_path, SECRET_KEY="hush" * 8, MAIL_USERNAME="me", MAIL_PASSWORD="hush"))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "redis://:pa/ss@127.0.0.1:6379/0",
            "redis://:123/hunter2@127.0.0.1:6379/0",
            "redis://:12?hunter2@host",
        ),
        *("redis://me:12#hunter2@host:6379/0", "redis://host:port", "redis://host:99999", "redis://[host"),
        *("redis://host/first", "redis://host/0?db=x", "unix://:1/hunter2@/path", "unix://", "http://host"),
    ],
)
def test_an_address_of_the_queue_that_can_be_misread_is_refused_in_one_line_without_it(tmp_path, url):
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, REDIS_URL=url)

    assert str(caught.value).startswith("REDIS_URL=… must look like redis://")
    assert not any(part in str(caught.value) for part in ("hunter2", "pa/ss", "127.0.0.1", "\n"))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "redis://",
            "redis://host",
            "redis://host/",
            "redis://:p%2Fss@127.0.0.1:6379/0",
            "redis://[::1]:6379/2",
        ),
        *("rediss://user:secret@host:6380/1?ssl_cert_reqs=required", "unix:///run/queue.sock?db=1"),
        "unix://user:secret@/run/queue.sock",
    ],
)
def test_an_address_of_the_queue_that_can_be_read_in_one_way_is_taken(tmp_path, url):
    assert load(tmp_path, REDIS_URL=url).redis_url == url


def test_the_secret_is_made_once_and_is_private(tmp_path):
    settings = load(tmp_path)
    keep_key(settings)
    key = secret_key(settings)
    keep_key(settings)

    assert len(key) == 64
    assert secret_key(settings) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "secret_key"]


def test_the_queue_is_found_by_setting_then_by_file_then_by_default(tmp_path):
    assert load(tmp_path).queue_url == "redis://"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "queue.url").write_text("unix:///somewhere/queue.sock\n")
    assert load(tmp_path).queue_url == "unix:///somewhere/queue.sock"
    assert load(tmp_path, REDIS_URL="redis://elsewhere").queue_url == "redis://elsewhere"
