import dataclasses
import os
import re
import subprocess
import sys

import flask.cli
import pytest

from microblog.base import config
from microblog.base.config import ROOT, BadSettings, Settings, env_file

KNOWN = [field.name.upper() for field in dataclasses.fields(Settings)]


@pytest.fixture
def read(tmp_path):
    """A function that reads a file of these bytes, and returns its values and its errors."""

    def read(content):
        (tmp_path / ".env").write_bytes(content)
        return env_file.read(tmp_path / ".env", KNOWN)

    return read


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"EXPORT_DELAYS=3", "sets EXPORT_DELAYS, which is no setting: did you mean EXPORT_DELAY_S?"),
        (b"REGISTRATON=invite", "sets REGISTRATON, which is no setting: did you mean REGISTRATION?"),
        (b"port=9000", "sets port, which is no setting: did you mean PORT?"),
        *(
            (line, "must look like NAME=value")
            for line in (b"PORT 9000", b"PUBLIC: no", b"PUBLIC:no", b"PORT")
        ),
        *(
            (line, "must look like NAME=value")
            for line in (b"hunter2", b"MAIL_PASSWORD='hunter2", b"=hunter2")
        ),
    ],
)
def test_a_line_that_sets_nothing_is_named_by_its_number(read, caplog, line, error):
    values, errors = read(b"# Mine\r\nPORT=8001\n\n \n" + line + b"\nPUBLIC=no\n")

    assert errors == [f".env line 5 {error}"]
    assert (values["PORT"], values["PUBLIC"]) == ("8001", "no")
    assert caplog.records == []


@pytest.mark.parametrize(
    "name",
    [
        *("COMPOSE_PROJECT_NAME", "DOCKER_HOST", "FLASK_DEBUG", "PYTHONUNBUFFERED"),
        *(
            "TZ",
            "LANG",
            "LC_ALL",
            "https_proxy",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "REDIS_PASSWORD",
            "DATABASE_URL",
        ),
    ],
)
def test_what_is_meant_for_another_program_may_stand_there(read, name):
    assert read(f"{name}=1\n".encode()) == ({name: "1"}, [])


@pytest.mark.parametrize(
    "content",
    [b"", b"# all comment", b"\n\n", b"\xef\xbb\xbfPORT=8001\r\n", b"export PORT = '8001' # mine\n"],
)
def test_what_can_be_read_has_no_error(read, content):
    values, errors = read(content)

    assert errors == []
    assert values in ({}, {"PORT": "8001"})


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("MAIL_PASSWORD='ab${PORT}cd'", "ab${PORT}cd"),
        ("export MAIL_PASSWORD = 'ab${PORT}cd' # mine", "ab${PORT}cd"),
        ("MAIL_PASSWORD='${NOBODY_SETS_THIS:-x}'", "${NOBODY_SETS_THIS:-x}"),
        ('MAIL_PASSWORD="ab${PORT}cd"', "ab8001cd"),
        ("MAIL_PASSWORD=ab${PORT}cd", "ab8001cd"),
        ("MAIL_PASSWORD=${NOBODY_SETS_THIS:-x}y", "xy"),
        ("MAIL_PASSWORD=' ab '", " ab "),
        ('MAIL_PASSWORD=" ab "', " ab "),
        ("MAIL_PASSWORD=  ab  ", "ab"),
    ],
)
def test_single_quotes_mean_as_it_is(read, line, value):
    values, errors = read(f"PORT=8001\n{line}\n".encode())

    assert (values["MAIL_PASSWORD"], errors) == (value, [])


def test_what_flask_makes_of_the_file_takes_no_precedence_over_it(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("MAIL_PASSWORD=' ab${PORT}cd '\nMAIL_USERNAME='a${PORT}'\n")
    monkeypatch.setattr(config, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setattr(os, "environ", {"MAIL_USERNAME": "somebody else"})
    monkeypatch.chdir(tmp_path)

    flask.cli.load_dotenv()
    assert os.environ["MAIL_PASSWORD"] == " abcd "

    settings = Settings.load()
    assert settings.mail_password == " ab${PORT}cd "
    assert settings.mail_username == "somebody else"


def test_the_example_shows_every_setting_and_its_default(read):
    shown = re.findall("^#([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(name for name, _default in shown) == sorted(KNOWN)
    values, errors = read("\n".join(f"{name}={default}" for name, default in shown).encode())
    assert errors == []
    # Only of this one an unset value is something else than the default that is shown: see ``models.site``.
    assert dataclasses.replace(Settings.from_mapping(values), registration="") == Settings()


def test_a_file_in_another_encoding_is_an_error(read, tmp_path):
    assert read(b"MAIL_PASSWORD=\xfc\n") == ({}, [f"{tmp_path / '.env'} cannot be read: it is not UTF-8"])


def test_no_file_and_a_folder_are_no_error(tmp_path):
    assert env_file.read(tmp_path / ".env", KNOWN) == ({}, [])
    assert env_file.read(tmp_path, KNOWN) == ({}, [])


def test_the_errors_of_the_file_and_of_its_values_are_named_at_once(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("EXPORT_DELAYS=3\nPORT 9000\nWORKERS=1\n")
    monkeypatch.setattr(config, "ENV_FILE", tmp_path / ".env")
    monkeypatch.delenv("WORKERS", raising=False)

    with pytest.raises(BadSettings) as caught:
        Settings.load()

    assert "did you mean EXPORT_DELAY_S?; .env line 2 must look like NAME=value; WORKERS=1" in str(
        caught.value
    )


def test_the_start_stops_with_one_line(tmp_path):
    (tmp_path / ".env").write_text("EXPORT_DELAYS=3\nPORT 9000\n")
    code = "import sys; from pathlib import Path; from microblog.base import config; "
    code += "from microblog.server import supervisor; "
    code += f"config.ENV_FILE = Path({str(tmp_path / '.env')!r}); sys.exit(supervisor.main())"
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data")}

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert result.returncode == 2
    assert result.stderr.startswith("microblog: bad settings: .env line 1 sets EXPORT_DELAYS")
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
