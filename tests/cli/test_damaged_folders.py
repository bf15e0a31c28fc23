"""Whatever is wrong with the data folder, the doctor says it and goes on to the last of its checks."""

import dataclasses
import os
import shutil

import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup

from microblog import create_app
from microblog.base.database import db
from microblog.ops import doctor
from tests.apps import migrated_database


def lead_nowhere(path):
    path.symlink_to("/nowhere/at/all")


def hold_junk(path):
    path.write_bytes(os.urandom(100))


def hold_another_text(path):
    path.write_text("nonsense: \n")


def be_a_folder(path):
    path.mkdir()


LEFT_BY_RUNS = [f"run/{name}" for name in ("queue.url", "address", "rehearsal")]
DAMAGES = [
    *((lead_nowhere, name) for name in doctor.OURS),
    *((hold_junk, name) for name in (*doctor.FOLDERS, "microblog.db", *LEFT_BY_RUNS)),
    *((hold_another_text, name) for name in LEFT_BY_RUNS),
    *((be_a_folder, name) for name in ("microblog.db", "secret_key", *LEFT_BY_RUNS)),
]


@pytest.mark.parametrize(
    ("damage", "name"), DAMAGES, ids=[f"{damage.__name__} {name}" for damage, name in DAMAGES]
)
def test_the_doctor_goes_on(settings, tmp_path_factory, damage, name):
    folder = tmp_path_factory.mktemp("damaged")
    folder.chmod(0o700)
    shutil.copyfile(migrated_database(), folder / "microblog.db")
    path = folder / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    damage(path)

    changed = dataclasses.replace(settings, data_dir=folder, secret_key="")
    group = FlaskGroup(create_app=lambda: create_app(changed), load_dotenv=False)
    result = CliRunner().invoke(group, ["doctor"])
    db.close_all()

    assert isinstance(result.exception, SystemExit), result.exception
    told = [line[2:].partition(":")[0] for line in result.output.splitlines() if not line.startswith(" ")]
    assert told == list(doctor.CHECKS), result.output
    if not name.startswith("run/"):
        assert "✗ data folder" in result.output or "✗ database" in result.output
