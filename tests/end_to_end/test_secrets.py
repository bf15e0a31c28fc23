"""A whole site of real processes with planted secrets: none in its logs, no file readable by others."""

import base64
import json
import re
import stat
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

TYPED = {name: f"{name} password, planted" for name in ("first", "second", "wrong")}
HASH = "$argon2id$"
KEY = "a planted key for signatures, long enough"


@pytest.fixture
def site(tmp_path, postbox):
    given = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(postbox.port), "SECRET_KEY": KEY}
    given["LOG_LEVEL"] = "DEBUG"
    with RunningSite(tmp_path / "site", **given) as site:
        yield site.ready()


class Person:
    """A browser without a window."""

    def __init__(self, site):
        self.site = site
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.tokens = set()

    def open(self, path, fields=None, headers=()):
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(urllib.parse.urljoin(self.site.url, path), data, dict(headers))
        try:
            with self.opener.open(request, timeout=PATIENCE_S) as response:
                return response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    def send(self, path, **fields):
        """Fill in the form at *path*."""
        [token, *_others] = re.findall(r'name="csrf_token"[^>]*value="([^"]*)"', self.open(path))
        self.tokens.add(token)
        return self.open(path, {"csrf_token": token, **fields})


@pytest.mark.asvs("14.2.1")
def test_a_day_of_a_site_leaves_no_secret_in_its_logs_and_no_file_open_to_others(site, postbox):
    person = Person(site)
    set_up(site, person)
    api_token = make_token(site)
    authorization = {"Authorization": f"Bearer {api_token}"}
    person.open("/api/posts", {}, authorization)
    assert json.loads(person.open("/api/exports", {}, authorization))["state"]
    cookies = {cookie.value for cookie in person.jar}
    reset_token = forget_password(site, person, postbox)
    wait_until(lambda: "Your blog posts" in str([mail["Subject"] for mail in postbox.mails]), site.output)
    backup = site.flask("backup")

    secrets = {*TYPED.values(), HASH, KEY, api_token, reset_token, *person.tokens, *cookies}
    secrets |= {cookie.value for cookie in person.jar}
    logs = [path.read_text() for path in (site.data_dir / "log").rglob("*") if path.is_file()]
    told = "\n".join([site.output(), backup, *logs])
    assert "password-reset user=susan" in told
    assert [secret for secret in secrets if secret in told] == []

    paths = [site.data_dir, *site.data_dir.rglob("*")]
    assert len(paths) > 15
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def set_up(site, person):
    code = (site.data_dir / "setup_code").read_text()
    twice = {"password": TYPED["first"], "password2": TYPED["first"]}
    person.send(f"/setup?code={code}", username="susan", email="susan@example.org", **twice)
    assert "susan" in person.open("/")
    Person(site).send("/auth/login", username="susan", password=TYPED["wrong"])
    person.send("/", post="first")


def make_token(site):
    basic = base64.b64encode(f"susan:{TYPED['first']}".encode()).decode()
    response = Person(site).open("/api/tokens", {}, {"Authorization": f"Basic {basic}"})
    return json.loads(response)["token"]


def forget_password(site, person, postbox):
    """Give susan her second password by the mailed link, whose token is returned."""
    stranger = Person(site)
    stranger.send("/auth/reset_password_request", email="susan@example.org")
    wait_until(lambda: link_in(postbox), site.output)
    link = link_in(postbox)
    stranger.open(link[0])
    stranger.send("/auth/reset_password", password=TYPED["second"], password2=TYPED["second"])
    person.send("/auth/login", username="susan", password=TYPED["second"])
    assert "susan" in person.open("/")
    return link[1]


def link_in(postbox):
    texts = "\n".join(mail.get_body("plain").get_content() for mail in postbox.mails)
    return re.search(r"http\S+/auth/reset_password/(\S+)", texts)
