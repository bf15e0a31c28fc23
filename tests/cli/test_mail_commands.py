import pytest

from microblog.mail.mail import Mail
from microblog.security import security_log
from tests.conftest import make_user


@pytest.fixture
def mail(app):
    """A mail with a link, to an administrator."""
    mary = make_user("mary", is_admin=True)
    return Mail.send("reset_password", mary.email)


def test_the_mails_are_listed(run, mail):
    [line] = run("mail", "list").output.splitlines()

    assert line.startswith(f"{mail.id}  20")
    assert line.endswith("Z  mary@example.org  [Microblog] Reset your password")


def test_an_empty_outbox_is_said_to_whoever_reads_not_to_a_program(run):
    result = run("mail", "list")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "the outbox is empty\n")


def test_a_mail_is_shown_with_its_link_and_the_log_tells(run, mail):
    output = run("mail", "show", mail.id[:8]).output

    assert output.startswith("To: mary@example.org\nSubject: [Microblog] Reset your password\n\nHello mary,")
    assert "http://127.0.0.1:8000/auth/reset_password/" in output
    told = f"mail-read user=mary mail={mail.id} kind=reset_password by=operator"
    assert security_log.latest(1)[0].text == told


@pytest.mark.parametrize("beginning", ["zz", "../microblog", "*", "", "\0", "x" * 99])
def test_what_is_no_mail_is_not_shown(run, mail, beginning):
    result = run("mail", "show", beginning)

    assert result.exit_code == 1
    assert "see: mail list" in result.output
    assert "Hello" not in result.output


def test_a_beginning_must_be_of_one_mail(run, mail):
    for number in range(17):
        Mail.send("email_changed", f"{number}@example.org", user=make_user(f"user_{number}"))
    first = [mail.id[0] for mail in Mail.select()]
    twice = next(letter for letter in first if first.count(letter) > 1)

    result = run("mail", "show", twice)

    assert result.exit_code == 1
    assert "more than one mail begins" in result.output
