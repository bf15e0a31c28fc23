"""A site may have a name in any script, or none: people sign in there, and links in mails lead there."""

import dataclasses
import re

import pytest

from microblog.base.config import Settings
from microblog.models import User
from tests.conftest import PASSWORD

# What an operator writes, and what browsers send.
SITES = {
    "http://blog.bücher.example": "http://blog.xn--bcher-kva.example",
    "https://blog.xn--bcher-kva.example": "https://blog.xn--bcher-kva.example",
    "https://Blog.Bücher.example:8443": "https://blog.xn--bcher-kva.example:8443",
    "http://pi.local": "http://pi.local",
    "http://pi:8000": "http://pi:8000",
    "http://nas.home.arpa": "http://nas.home.arpa",
    "http://192.168.1.5:8000": "http://192.168.1.5:8000",
    "http://[fd00::5]:8000": "http://[fd00::5]:8000",
}


@pytest.fixture(params=SITES)
def written(request):
    return request.param


@pytest.fixture
def settings(settings, written):
    checked = Settings.from_mapping({"BASE_URL": written})
    return dataclasses.replace(settings, base_url=checked.base_url)


@pytest.fixture
def origin(written):
    return SITES[written]


def test_a_form_of_the_site_is_taken_and_a_cookie_kept(app, client, susan, origin):
    page = client.get("/auth/login", base_url=origin)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)[1]
    fields = {"username": "susan", "password": PASSWORD, "csrf_token": token}

    # What started the request, as browsers without Sec-Fetch-Site say.
    refused = client.post("/auth/login", data=fields, base_url=origin, headers={"Origin": "http://x.example"})
    taken = client.post("/auth/login", data=fields, base_url=origin, headers={"Origin": origin})

    assert (refused.status_code, taken.status_code) == (403, 302)
    assert client.get("/settings/account", base_url=origin).status_code == 200


def test_a_link_in_a_mail_leads_to_the_site(app, client, susan, settings, origin):
    page = client.get("/auth/reset_password_request", base_url=origin)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)[1]
    fields = {"email": User.named("susan").email, "csrf_token": token}
    client.post("/auth/reset_password_request", data=fields, base_url=origin, headers={"Origin": origin})

    [mail] = [path.read_text() for path in (settings.data_dir / "outbox").glob("*.eml")]
    assert mail.isascii()
    path = re.search(rf"^{re.escape(origin)}(/auth/reset_password/\S+)$", mail, re.MULTILINE)[1]
    assert client.get(path, base_url=origin).status_code in {200, 302}
