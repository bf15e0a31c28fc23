"""Commands know their site: without one, or with somebody else's, all of them write nothing at all."""

import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup, routes_command, run_command

from microblog import create_app
from microblog.__main__ import PARTS, main
from microblog.base import database
from microblog.base.config import ROOT, Settings
from microblog.base.database import db
from microblog.cli import site
from microblog.ops.data_folder import SHARED_LOCK, Unavailable, locked_for_start, refuse_foreign
from microblog.security.signatures import secret_key
from tests.apps import migrated_database

NO_SETTINGS = {field.name.upper(): "" for field in dataclasses.fields(Settings)}
MAY_MAKE_ONE = {"create-user", "demo", "migrate", "restore", "run"}
NOBODY = 65534
# What Flask brings along that says nothing of the site.
ITS_OWN = {"routes": routes_command}


@pytest.fixture
def data_folder(tmp_path):
    return tmp_path / "somewhere" / "data"


@pytest.fixture
def flask(data_folder):
    """A function that runs ``flask`` with some words, as a new process would, in *data_folder*."""
    made = []

    def load():
        # One for all, because making an app takes longer than a command; but "run" looks while it is made.
        if not made or click.get_current_context().info_name == "run":
            made[:] = [create_app(Settings(data_dir=data_folder))]
        return made[0]

    group = FlaskGroup(create_app=load, load_dotenv=False)
    yield lambda *words: CliRunner().invoke(group, words, input="no\n")
    db.close_all()


@pytest.fixture
def commands(tmp_path):
    """All commands of ``flask``, a dictionary: words, such as "tasks list", and the command."""
    with click.Context(click.Command("a test")):
        app = create_app(Settings(data_dir=tmp_path / "nowhere"))
    return dict(_leaves(FlaskGroup(create_app=None)) | _leaves(app.cli))


def test_every_command_says_that_there_is_no_site_and_makes_none(flask, commands, data_folder, tmp_path):
    needing = {words for words in commands if not _may_go_without(words, commands)}
    for make in (lambda: None, lambda: data_folder.mkdir(parents=True)):
        make()
        before = _contents(tmp_path)
        for words in needing:
            result = flask(*words.split(), *_arguments(commands[words]))

            assert result.exit_code == 1, (words, result.output)
            assert result.output.startswith(f"Error: there is no site in {data_folder}"), words
            assert _contents(tmp_path) == before, words

    assert {"shell", "backup", "doctor", "tasks list"} <= needing


def test_an_empty_database_is_no_site(flask, data_folder, tmp_path):
    data_folder.mkdir(parents=True)
    (data_folder / database.FILE_NAME).touch()
    before = _contents(tmp_path)

    assert "there is no site" in flask("backup").output
    assert _contents(tmp_path) == before


def test_a_data_folder_that_is_a_file_is_told_in_one_line(flask, data_folder, tmp_path):
    data_folder.parent.mkdir()
    data_folder.write_text("a file")
    before = _contents(tmp_path)

    assert flask("--help").exit_code == 0
    assert flask("backup").output.startswith(f"Error: there is no site in {data_folder}")
    assert flask("migrate").output == f"Error: [Errno 17] File exists: '{data_folder}'\n"
    assert _contents(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_who_may_not_even_look_into_the_data_folder_is_told_what_to_type():
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        settings = Settings(data_dir=Path(place, "data"))
        _make_site(settings.data_dir)
        settings.data_dir.chmod(0o700)
        os.seteuid(NOBODY)
        try:
            # What the app of a command asks for while it is made.
            assert (settings.queue_url, settings.site_url) == ("redis://", "http://127.0.0.1:8000")
            assert secret_key(settings)
            with pytest.raises(Unavailable, match="belongs to user root: sudo -u root env "):
                refuse_foreign(settings.data_dir, "flask backup")
        finally:
            os.seteuid(0)


def test_no_command_writes_into_the_folder_of_somebody_else(
    flask, commands, data_folder, tmp_path, monkeypatch
):
    _make_site(data_folder)
    before = _contents(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: data_folder.stat().st_uid + 1)
    for words, command in commands.items():
        if words not in ITS_OWN and site.need_of(command.callback) != site.IGNORED:
            typed = [*words.split(), *_arguments(command)]
            monkeypatch.setattr(sys, "argv", ["flask", *typed])
            result = flask(*typed)

            assert result.exit_code == 1, (words, result.output)
            as_owner = f"sudo -u {data_folder.owner()} env DATA_DIR={data_folder} .venv/bin/flask {words}"
            assert f"{data_folder} belongs to user {data_folder.owner()}: {as_owner}" in result.output, words
            assert _contents(tmp_path) == before, words


@pytest.mark.parametrize("part", PARTS)
def test_no_part_starts_in_the_folder_of_somebody_else(data_folder, tmp_path, monkeypatch, capsys, part):
    _make_site(data_folder)
    before = _contents(tmp_path)
    monkeypatch.setattr(Settings, "load", lambda: Settings(data_dir=data_folder))
    monkeypatch.setattr(os, "geteuid", lambda: data_folder.stat().st_uid + 1)
    monkeypatch.setitem(PARTS, part, lambda _settings: pytest.fail("it was started"))

    assert main([part]) == 1

    owner = data_folder.owner()
    as_owner = f"sudo -u {owner} env DATA_DIR={data_folder} .venv/bin/python -m microblog {part}"
    assert capsys.readouterr().err == f"Error: {data_folder} belongs to user {owner}: {as_owner}\n"
    assert _contents(tmp_path) == before


def test_no_start_uses_the_folder_of_somebody_else(data_folder, tmp_path, monkeypatch):
    _make_site(data_folder)
    before = _contents(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: data_folder.stat().st_uid + 1)

    with pytest.raises(Unavailable) as refused, locked_for_start(data_folder):
        pass

    owner = data_folder.owner()
    as_owner = f"sudo -u {owner} env DATA_DIR={data_folder} ./run.sh"
    assert str(refused.value) == f"{data_folder} belongs to user {owner}: {as_owner}"
    assert _contents(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
@pytest.mark.parametrize("name", ["run", "run/supervisor.lock"])
def test_a_start_that_cannot_write_what_root_has_made_says_how_to_take_it_back(name):
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place, "data")
        (folder / "run").mkdir(parents=True)
        (folder / "run" / "supervisor.lock").touch()
        for path in (folder, folder / "run", folder / "run" / "supervisor.lock"):
            path.chmod(0o700)
            os.chown(path, NOBODY, -1)
        os.chown(folder / name, 0, -1)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(Unavailable, match="not all in it is yours: sudo chown -R '#65534' "):
                locked_for_start(folder).__enter__()
        finally:
            os.seteuid(0)


@pytest.mark.parametrize("there", [False, True])
def test_no_help_writes_anything(flask, commands, data_folder, tmp_path, there):
    if there:
        _make_site(data_folder)
    before = _contents(tmp_path)
    groups = {words.rpartition(" ")[0] for words in commands}

    for words in {*commands, *groups, ""}:
        assert flask(*words.split(), "--help").exit_code == 0, words
        assert _contents(tmp_path) == before, words


def test_which_commands_may_go_without_a_site_is_said_here(commands):
    may = {words for words in commands if _may_go_without(words, commands)}
    translating = {words for words in commands if words.startswith("translate ")}

    assert may == MAY_MAKE_ONE | set(ITS_OWN) | translating | {"archive verify"}


@pytest.mark.parametrize("words", ["create-user susan s@example.org", "demo --users 2 --posts 2", "migrate"])
def test_a_command_that_may_makes_a_whole_site(flask, data_folder, words):
    first = _run(data_folder, *words.split(), *["--password-stdin"] * (words[0] == "c"))
    second = flask("tasks", "list")

    assert first.returncode == 0, first.stderr
    assert second.exit_code == 0, second.output
    assert data_folder.stat().st_mode & 0o777 == 0o700
    assert (data_folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_web_server_of_developers_makes_a_whole_site(data_folder):
    with click.Context(run_command):
        app = create_app(Settings(data_dir=data_folder))

    assert (data_folder / "secret_key").read_text() == app.secret_key
    assert app.test_client().get("/auth/login").status_code == 200


def test_a_site_that_runs_elsewhere_is_named(data_folder, tmp_path):
    running = tmp_path / "running"
    _make_site(running)
    code = "from microblog import create_app; create_app(); print('there', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **NO_SETTINGS, "DATA_DIR": str(running)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        process.stdout.readline()
        found = _run(data_folder, "backup").stderr
        process.stdin.write(b"\n")

    assert "; a site runs with DATA_DIR=" in found or sys.platform != "linux"
    assert (running / SHARED_LOCK).exists()


def _run(data_folder, *words):
    """A real process, as anybody types it in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env={**os.environ, **NO_SETTINGS, "DATA_DIR": str(data_folder)},
        input="a long pass phrase\n",
        capture_output=True,
        text=True,
    )


def _leaves(group, before=""):
    """Words and command of each command of *group* and of its groups, a set of pairs."""
    found = set()
    for name, command in group.commands.items():
        words = f"{before}{name}"
        found |= _leaves(command, f"{words} ") if hasattr(command, "commands") else {(words, command)}
    return found


def _may_go_without(words, commands):
    need = site.need_of(commands[words].callback)
    return need not in (site.NEEDED, site.EXAMINED) or words in ITS_OWN or words == "run"


def _arguments(command):
    """Words that *command* accepts for what it asks for."""
    asked = [one for one in command.params if one.required]
    options = [
        word for one in asked if isinstance(one, click.Option) for word in (one.opts[0], "/dev/null/x")
    ]
    return [_word(one.type) for one in asked if isinstance(one, click.Argument)] + options


def _word(kind):
    if isinstance(kind, click.Path):
        return __file__
    return "1" if isinstance(kind, click.IntRange) else "susan"


def _make_site(folder):
    folder.mkdir(parents=True)
    shutil.copyfile(migrated_database(), folder / database.FILE_NAME)


def _contents(folder):
    """All that is in *folder*: modes, owners and bytes by path."""
    return {
        path: (path.lstat().st_mode, path.lstat().st_uid, path.is_file() and path.read_bytes())
        for path in folder.rglob("*")
    }
