"""What ``run.sh`` does before anything runs, and the files that it goes by."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from microblog.base.config import ROOT, Settings
from tests.end_to_end.running_site import PATIENCE_S

VERSION_OF_THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def checkout(tmp_path):
    """A folder with ``run.sh`` and nothing to install."""
    shutil.copy(ROOT / "run.sh", tmp_path)
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


def run(checkout, *arguments, **environment):
    return subprocess.run(
        ["bash", checkout / "run.sh", *arguments],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def fake_python(folder, script):
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_old_python_is_refused_and_named(checkout):
    old = fake_python(checkout, 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')

    result = run(checkout, PYTHON=old)

    assert result.returncode == 1
    assert result.stderr == f"microblog: Python 3.11 or newer is needed; found: {old} is Python 3.9.2;\n"


def test_missing_venv_module_names_the_package_to_install(checkout):
    incomplete = fake_python(checkout, f'if [ "$1" = -m ]; then exit 1; fi; exec {sys.executable} "$@"')

    result = run(checkout, PYTHON=incomplete)

    assert result.returncode == 1
    assert f"apt install python{VERSION_OF_THIS_PYTHON}-venv" in result.stderr
    assert not (checkout / ".venv").exists()


def test_installation_that_failed_is_tried_again(checkout):
    (checkout / "requirements.txt").write_text("microblog-needs-what-nobody-has==1\n")
    failed = run(checkout)
    (checkout / "requirements.txt").write_text("")

    again = run(checkout)

    assert failed.returncode == 1
    assert "microblog: could not install requirements.txt (see above); is there a network?" in failed.stderr
    assert "No module named microblog" in again.stderr or "No module named 'microblog'" in again.stderr


def test_unknown_argument_is_refused(checkout):
    result = run(checkout, "tset")

    assert result.returncode == 1
    assert result.stderr.startswith("microblog: unknown argument tset; there is: ")


@pytest.fixture
def checks(checkout):
    """A function that runs the checks with tools that do nothing, of which those fail that fit a pattern."""
    (checkout / "requirements-dev.txt").write_text("")
    (checkout / ".env.example").write_text("#PORT=8000\n")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "made-in").write_text(f"{checkout}\n")
    for name in ("python", "lint-imports"):
        tool = checkout / ".venv" / "bin" / name
        tool.write_text('#!/bin/sh\necho "${0##*/} $*"\n! echo "${0##*/} $*" | grep -Eq "$FAILING"\n')
        tool.chmod(0o700)
    return lambda *arguments, failing="none": run(checkout, *arguments, FAILING=failing)


def test_every_step_is_done_and_what_failed_is_said_at_the_end(checks):
    result = checks("test", failing="ruff|lint-imports|pytest")

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "microblog: failed: format (run: .venv/bin/ruff format .)",
        "microblog: failed: lint (try: .venv/bin/ruff check --fix .)",
        "microblog: failed: layers (they are in pyproject.toml; again: .venv/bin/lint-imports)",
        "microblog: failed: tests (those again: ./run.sh test --last-failed)",
    ]


def test_one_step_that_fails_is_named_alone(checks):
    result = checks("check", failing="ruff check")

    assert result.returncode == 1
    assert result.stderr == "microblog: failed: lint (try: .venv/bin/ruff check --fix .)\n"


@pytest.mark.parametrize(("command", "left_out"), [("check", True), ("test", False)])
def test_the_quick_check_leaves_the_long_tests_out_and_both_hand_on_what_follows(checks, command, left_out):
    result = checks(command, "-k", "two words")

    [tests] = [line for line in result.stdout.splitlines() if "pytest" in line]
    assert (result.returncode, result.stderr) == (0, "")
    assert tests.endswith(" -k two words")
    assert ("--ignore=tests/end_to_end --ignore=tests/attacks" in tests) is left_out


def test_env_example_names_every_setting_and_changes_none():
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = [line.removeprefix("#").partition("=")[0] for line in lines if re.match(r"#?[A-Z]", line)]

    assert sorted(named) == sorted(field.name.upper() for field in dataclasses.fields(Settings))
    assert all(line.startswith("#") for line in lines if line)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_everything_that_is_installed_is_pinned(name):
    pins = read_pins(name)
    listed = {canonicalize_name(requirement.name) for requirement in listed_for(name)}
    needed = {
        canonicalize_name(requirement.name)
        for pin in pins.values()
        if wanted(pin)
        for requirement in map(Requirement, metadata.requires(pin.name) or [])
        if wanted(requirement)
    }

    assert (listed | needed) - set(pins) == set()
    assert [pin for pin in pins.values() if not str(pin.specifier).startswith("==")] == []


def test_what_both_files_pin_has_one_version():
    runs, checks = read_pins("requirements.txt"), read_pins("requirements-dev.txt")

    assert [name for name in runs.keys() & checks.keys() if runs[name] != checks[name]] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_names_the_hashes_of_its_files(name):
    assert [line for line in read_lines(name) if "==" in line and "--hash=sha256:" not in line] == []


def listed_for(name):
    """What ``pyproject.toml`` lists for the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["dependency-groups"]["dev"],
    }
    return map(Requirement, lists[name])


def read_pins(name):
    pins = [Requirement(line.partition(" --hash")[0]) for line in read_lines(name)]
    return {canonicalize_name(pin.name): pin for pin in pins}


def read_lines(name):
    """The lines of the file as pip reads them: continued after a backslash, without comments."""
    lines = re.sub(r"\\\n\s*", "", (ROOT / name).read_text()).splitlines()
    return [line for line in lines if line and not line.strip().startswith("#")]


def wanted(requirement):
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
