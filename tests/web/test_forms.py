import unicodedata

import pytest
from werkzeug.datastructures import MultiDict

from microblog.web.forms import LoginForm, PostForm, RegistrationForm

GOOD = {
    "username": "susan",
    "email": "susan@example.com",
    "password": "correct horse",
    "password2": "correct horse",
}


@pytest.fixture
def fill(app):
    """A function that fills in a form, as a browser's POST would."""

    def fill(form, **fields):
        with app.test_request_context("/", method="POST"):
            form = form(MultiDict(fields))
            form.validate()
            form.said = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
            return form

    return fill


def test_a_good_registration_has_no_errors(fill):
    assert fill(RegistrationForm, **GOOD).said == {}


@pytest.mark.parametrize("username", ["abc", "A_1", "x" * 32, " susan "])
def test_good_usernames(fill, username):
    assert "username" not in fill(RegistrationForm, **GOOD | {"username": username}).said


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "x" * 33,
        "a/b",
        "a b",
        "a-b",
        "süsan",
        "suѕan",
        "sus\x00an!",
        "../etc",
        "<b>x</b>",
        "👍👍👍",
        "１２３",
    ],
)
@pytest.mark.asvs("2.1.1", "2.2.1", "2.2.2")
def test_bad_usernames(fill, username):
    assert fill(RegistrationForm, **GOOD | {"username": username}).said["username"]


@pytest.mark.parametrize("username", ["admin", "ADMIN", "Api", "static", "setup"])
def test_reserved_usernames(fill, username):
    [error] = fill(RegistrationForm, **GOOD | {"username": username}).said["username"]

    assert "reserved" in error


@pytest.mark.parametrize(
    "email", ["a@b.example", "Susan@EXAMPLE.com", "me@home.test", "me@bücher.example", "a+b@c.org"]
)
def test_good_addresses(fill, email):
    assert "email" not in fill(RegistrationForm, **GOOD | {"email": email}).said


@pytest.mark.parametrize(
    "email",
    [
        "",
        "susan",
        "@example.com",
        "susan@",
        "a b@example.com",
        "susan@exam ple.com",
        "Susan <susan@example.com>",
        "susan@[127.0.0.1]",
        "süsan@example.com",
        "susan@example.com\nBcc: john@example.com",
        f"{'x' * 65}@example.com",
        f"susan@{'x.' * 130}com",
        "\ud800@example.com",
        "a@\u202eexample..com",
    ],
)
@pytest.mark.asvs("2.2.1", "2.2.2")
def test_bad_addresses(fill, email):
    assert fill(RegistrationForm, **GOOD | {"email": email}).said["email"]


@pytest.mark.parametrize("password", ["8 chars!", " " * 8, "x" * 128, "пароль 密码 👍", " surrounded "])
@pytest.mark.asvs("6.2.1", "6.2.5", "6.2.8")
def test_passwords_are_taken_as_typed(fill, password):
    form = fill(RegistrationForm, **GOOD | {"password": password, "password2": password})

    assert form.said == {}
    assert form.password.data == password


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129])
@pytest.mark.asvs("6.2.1", "6.2.5", "6.2.8")
def test_passwords_of_a_bad_length(fill, password):
    assert fill(RegistrationForm, **GOOD | {"password": password, "password2": password}).said["password"]


def test_a_password_is_measured_in_nfkc(fill):
    long, short = "\u1ea5" * 128, "e\u0301" * 7
    decomposed = unicodedata.normalize("NFD", long)

    assert fill(RegistrationForm, **GOOD | {"password": decomposed, "password2": long}).said == {}
    assert fill(RegistrationForm, **GOOD | {"password": short, "password2": short}).said["password"]


def test_a_browser_does_not_cut_a_password_that_is_pasted(fill):
    assert "maxlength" not in fill(RegistrationForm).password()


def test_the_two_passwords_must_agree(fill):
    assert fill(RegistrationForm, **GOOD | {"password2": "Correct horse"}).said == {
        "password2": ["The two passwords differ. Type both again."]
    }


@pytest.mark.parametrize("form", [LoginForm, RegistrationForm, PostForm])
def test_an_empty_form_says_what_is_missing(fill, form):
    assert all(errors for errors in fill(form).said.values())
    assert fill(form).said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("x" * 140, "x" * 140),
        ("👍" * 140, "👍" * 140),
        ("a\r\n" * 70, ("a\n" * 70).strip()),
        ("e\u0301" * 140, "\u00e9" * 140),
        (" trimmed ", "trimmed"),
        ("nul\x00 and \u202eoverride", "nul and override"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_posts_are_cleaned_and_then_counted(fill, typed, kept):
    form = fill(PostForm, post=typed)

    assert form.said == {}
    assert form.post.data == kept


@pytest.mark.asvs("2.2.1", "2.2.2")
def test_a_post_too_long_says_by_how_much(fill):
    assert fill(PostForm, post="x" * 141).said == {"post": ["That is 1 character too many. Shorten it."]}
    assert fill(PostForm, post="x" * 152).said == {"post": ["That is 12 characters too many. Shorten it."]}


@pytest.mark.parametrize("nothing", ["", " ", "\r\n", "\u3000"])
def test_a_post_must_say_something(fill, nothing):
    assert fill(PostForm, post=nothing).said == {"post": ["Write something first."]}


@pytest.mark.parametrize("unseen", ["\x00", "\u200b", "\u202e", "\ud800", " \u3164 "])
def test_a_post_that_nobody_could_see_says_so(fill, unseen):
    assert fill(PostForm, post=unseen).said == {"post": ["None of these characters can be seen."]}
