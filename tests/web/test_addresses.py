"""Whoever asks for an e-mail address, page, command or setting, takes the same ones, and says why not."""

import dataclasses
import inspect

import click
import pytest
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from microblog.base.addresses import INCOMPLETE, NO_ADDRESS, NOT_ASCII
from microblog.base.config import Settings
from microblog.web import forms
from tests.conftest import PASSWORD

GOOD = ["me@example.org", "me@bücher.example", "you@xn--bcher-kva.example", "me@pi.local", "me@nas.home.arpa"]
GOOD += ["me@box.lan", "a+b@home.test"]
BAD = {
    "me": NO_ADDRESS,
    "@example.org": NO_ADDRESS,
    "me@": NO_ADDRESS,
    "me@@example.org": NO_ADDRESS,
    "me@site.onion": NO_ADDRESS,
    "me@site.invalid": NO_ADDRESS,
    "jörg@example.org": NOT_ASCII,
    "我@pi.local": NOT_ASCII,
    "me@pi": INCOMPLETE,
    "me@localhost": INCOMPLETE,
}
NAMES = {"email", "address"}


def settings_doors():
    """Each setting that takes an address and nothing that is none."""
    for one in dataclasses.fields(Settings):
        kind = one.metadata["kind"]
        if not kind.parse("a@b.example")[1] and kind.parse("a@")[1]:
            yield one.name, lambda address, kind=kind: "".join(rule for _part, rule in kind.parse(address)[1])


def form_doors(app):
    """Each form with a field for an address."""
    for name, form in inspect.getmembers(forms, inspect.isclass):
        if issubclass(form, FlaskForm) and NAMES & set(dir(form)):

            def said(address, form=form):
                with app.test_request_context():
                    filled = form(MultiDict({"email": address}))
                    own = [form.validate_email] if hasattr(form, "validate_email") else []
                    filled.email.validate(filled, own)
                    return " ".join(map(str, filled.email.errors))

            yield name, said


def command_doors(app):
    """Each command with an argument that is an address."""
    for name, command in app.cli.commands.items():
        words = [one for one in command.params if isinstance(one, click.Argument)]
        if NAMES & {word.name for word in words}:
            options = ["--password-stdin"] if "password_stdin" in {one.name for one in command.params} else []

            def said(address, name=name, words=words, options=options):
                given = [address if word.name in NAMES else f"user{hash(address) % 10**8}" for word in words]
                result = app.test_cli_runner().invoke(args=[name, *given, *options], input=f"{PASSWORD}\n")
                assert isinstance(result.exception, SystemExit | None), result.exception
                return result.output if result.exit_code else ""

            yield name, said


@pytest.fixture
def doors(app):
    return dict([*settings_doors(), *form_doors(app), *command_doors(app)])


def test_every_door_takes_and_refuses_the_same(doors):
    wrong = [f"{door}: {one} {said(one)}" for door, said in doors.items() for one in GOOD if said(one)]
    wrong += [
        f"{door}: {one} {said(one)}"
        for door, said in doors.items()
        for one, why in BAD.items()
        if why not in said(one)
    ]

    assert wrong == []
    assert {"admins", "mail_default_sender", "RegistrationForm", "create-user", "mail-test"} <= set(doors)


def test_a_command_refuses_in_one_line(doors):
    for name in ("create-user", "mail-test"):
        assert {doors[name](one).count("\n") for one in BAD} == {1}
