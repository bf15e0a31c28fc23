import re

import pytest

from microblog import accounts
from microblog.mail import account_notices, outbox_files, templates
from microblog.mail.mail import Mail
from microblog.security import security_log
from tests.conftest import make_user
from tests.mails import written


@pytest.fixture
def mail_id(client, susan):
    """The id of a mail in the outbox."""
    client.post_form("/auth/reset_password_request", email=susan.email)
    return Mail.get().id


@pytest.mark.parametrize("path", ["/admin/outbox/{}", "/admin/outbox/{}/download"])
def test_mails_are_for_the_administrator_alone(client, sign_in, office, susan, mail_id, path):
    path = path.format(mail_id)

    assert office.get(path, buffered=True).status_code == 200
    assert sign_in(susan).get(path).status_code == 404, "although it is to her"
    assert client.get(path).status_code == 302


def test_mails_that_could_not_leave_are_listed_and_read(office, susan, mail_id):
    listed = office.get("/admin/outbox").text
    page = office.get(f"/admin/outbox/{mail_id}").text

    assert "[Microblog] Reset your password" in listed
    assert "susan@example.org" in listed
    assert "/auth/reset_password/" in page
    assert 'href="http://127.0.0.1:8000/auth/reset_password/' not in page, "not to be opened by mistake"


def test_a_mail_can_be_downloaded_whole(office, browser, write_posts, susan):
    write_posts(susan, "first")
    browser.post_form("/export_posts")
    [path] = re.findall(r'href="(/admin/outbox/[\w-]+)"', office.get("/admin/outbox").text)

    assert "posts.json" in office.get(path).text
    response = office.get(f"{path}/download", buffered=True)
    assert response.mimetype == "message/rfc822"
    assert "attachment" in response.headers["Content-Disposition"]


def test_an_empty_outbox_says_so(office):
    assert "No mail yet" in office.get("/admin/outbox").text


@pytest.mark.parametrize(
    "name",
    ["nothing", "..", "..%2fmicroblog", "%00", "x" * 3000, "%ff", ".hidden", "00000000-0000-0000-0000"],
)
@pytest.mark.parametrize("end", ["", "/download"])
def test_what_is_no_mail_is_not_there(office, mail_id, name, end):
    assert office.get(f"/admin/outbox/{name}{end}").status_code == 404


def test_a_mail_full_of_markup_is_shown_as_text(office, settings):
    folder = settings.data_dir / "outbox"
    folder.mkdir()
    mail = "Subject: <script>alert(1)</script>\nTo: <b>x</b>@example.org\n\n<script>alert(2)</script>\n"
    (folder / "evil.eml").write_text(mail)
    (folder / "broken.eml").write_bytes(b"\xff\xfe\x00 no mail at all")
    (folder / "empty.eml").write_bytes(b"")

    for path in ("/admin/outbox", "/admin/outbox/evil", "/admin/outbox/broken", "/admin/outbox/empty"):
        response = office.get(path)
        assert response.status_code == 200
        assert "<script>alert" not in response.text


def test_with_a_mail_server_the_page_says_so(app, office, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_SERVER", "mail.example.org")

    assert "mail.example.org" in office.get("/admin/outbox").text


def test_the_page_of_one_mail_belongs_to_the_tab_of_all(office, mail_id):
    assert 'href="/admin/outbox" aria-current="true"' in office.get(f"/admin/outbox/{mail_id}").text


def test_who_read_which_mail_is_in_the_security_log(office, susan, mail_id):
    office.get("/admin/outbox")
    office.get(f"/admin/outbox/{mail_id}")
    office.get(f"/admin/outbox/{mail_id}/download", buffered=True)

    line = f"mail-read user=susan mail={mail_id} kind=reset_password by=mary address=127.0.0.1"
    assert [text for _at, text in security_log.latest(9) if text.startswith("mail-read")] == [line] * 2


@pytest.fixture(params=sorted(templates.links))
def link_of(request, client, office):
    """A function that makes a mail with a link for *user*; of each kind that has one."""

    def link_of(user):
        arguments = {} if request.param == "reset_password" else {"user": user}
        return Mail.get_by_id(Mail.send(request.param, user.email.upper(), **arguments).id)

    return link_of


def test_a_link_into_an_administrators_account_is_on_no_page(app, office, admin, susan, link_of):
    anne = make_user("anne", is_admin=True)
    for user in (admin, anne):
        mail = link_of(user)
        [secret] = set(re.findall(r"/(?:reset_password|email)/([\w-]{43})", outbox_files.read(mail.id).text))

        page = office.get(f"/admin/outbox/{mail.id}")

        assert page.status_code == 200
        assert f"mail show {mail.id}" in page.text
        assert secret not in page.text
        download = office.get(f"/admin/outbox/{mail.id}/download")
        assert download.status_code == 403
        assert secret not in download.text
        assert secret not in office.get("/admin/outbox").text


def test_a_members_link_is_hidden_once_they_are_an_administrator(office, susan, link_of):
    mail = link_of(susan)
    assert "http://127.0.0.1:8000/a" in office.get(f"/admin/outbox/{mail.id}").text

    accounts.make_admin(susan, by="operator")

    assert "http://127.0.0.1:8000/a" not in office.get(f"/admin/outbox/{mail.id}").text


def test_other_mails_to_an_administrator_are_shown(office, admin):
    account_notices.send(admin, "token")

    assert "A token was made" in office.get(f"/admin/outbox/{Mail.get().id}").text


def test_every_mail_with_a_link_that_acts_is_known_as_one(app):
    """Of each kind: whether one of its own links holds a secret."""
    secret = "x" * 43
    linked = {kind for kind, mail in written(app, "en") if secret in mail.body}

    assert linked == templates.links
