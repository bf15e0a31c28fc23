"""What ``run.sh`` does before anything runs, and the files that it goes by."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pip
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from microblog.base.config import ROOT, Settings
from tests.end_to_end.running_site import PATIENCE_S

VERSION_OF_THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def checkout(tmp_path):
    """A folder with ``run.sh`` and nothing to install."""
    return new_checkout(tmp_path / "checkout")


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """One that has been set up, with a package that a start imports."""
    checkout = new_checkout(tmp_path_factory.mktemp("used") / "checkout")
    packages = checkout / "packages"
    packages.mkdir()
    wheel = packages / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing.py", "")
        archive.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        archive.writestr("thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("thing-1.dist-info/RECORD", "")
    hashed = f"thing==1 --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"
    (checkout / "requirements.txt").write_text(hashed)
    (checkout / "microblog" / "server").mkdir(parents=True)
    (checkout / "microblog" / "factory.py").write_text("import thing\n")
    (checkout / "microblog" / "server" / "supervisor.py").write_text("print('started')\n")
    (checkout / ".env").touch()
    assert run(checkout, PIP_FIND_LINKS=str(packages)).stdout.endswith("started\n")
    return checkout


def new_checkout(folder):
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "run.sh", folder)
    shutil.copy(ROOT / "tools" / "install.py", folder / "tools")
    (folder / "requirements.txt").write_text("")
    return folder


def run(checkout, *arguments, script="run.sh", shell="bash", **environment):
    """Run the *script* of a checkout with *shell* and no network."""
    return subprocess.run(
        [shell, checkout / script, *arguments],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def start(checkout, **options):
    """Start a checkout that was set up, so that it may install again."""
    return run(checkout, PIP_FIND_LINKS=str(checkout.resolve() / "packages"), **options)


def fake_python(folder, script):
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def quick_python(tmp_path):
    """A Python whose virtual environments borrow our pip, instead of unpacking one for seconds."""
    packages = f".venv/lib/python{VERSION_OF_THIS_PYTHON}/site-packages"
    made = f"{sys.executable} -m venv --without-pip .venv && ln -s {Path(pip.__file__).parent} {packages}"
    return fake_python(tmp_path, f'case "$*" in "-m venv"*) {made} ;; *) exec {sys.executable} "$@" ;; esac')


def test_old_python_is_refused_and_named(checkout):
    old = fake_python(checkout, 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 1; fi')

    result = run(checkout, PYTHON=old)

    assert result.returncode == 1
    assert result.stderr == f"microblog: Python 3.11 or newer is needed; found: {old} is Python 3.9.2;\n"


def test_missing_venv_module_names_the_package_to_install(checkout):
    lacks = """case "$*" in "-m venv"* | *ensurepip*) exit 1 ;; esac"""
    incomplete = fake_python(checkout, f'{lacks}; exec {sys.executable} "$@"')

    result = run(checkout, PYTHON=incomplete)

    assert result.returncode == 1
    assert f"apt install python{VERSION_OF_THIS_PYTHON}-venv" in result.stderr
    assert not (checkout / ".venv").exists()


def test_installation_that_failed_is_tried_again(checkout, quick_python):
    (checkout / "requirements.txt").write_text("microblog-needs-what-nobody-has==1\n")
    failed = run(checkout, PYTHON=quick_python)
    (checkout / "requirements.txt").write_text("")

    again = run(checkout)

    assert failed.returncode == 1
    assert "microblog: could not install requirements.txt (see above)\n" in failed.stderr
    assert "No module named microblog" in again.stderr or "No module named 'microblog'" in again.stderr


def test_unknown_argument_is_refused(checkout):
    result = run(checkout, "tset")

    assert result.returncode == 1
    assert result.stderr.startswith("microblog: unknown argument tset; there is:\n./run.sh ")


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_help_is_one_screen_and_sets_nothing_up(checkout, shell):
    result = run(checkout, "--help", shell=shell)

    assert (result.returncode, result.stderr) == (0, "")
    assert "./run.sh check" in result.stdout
    assert not (checkout / ".venv").exists()


def test_what_is_set_up_is_left_alone_whatever_is_wrong_with_our_own_code(used):
    assert start(used).stdout == "started\n"

    factory = used / "microblog" / "factory.py"
    for wrong in ("(", "import microblog.missing", "1 / 0", "from microblog.server import missing"):
        factory.write_text(f"import thing\n{wrong}\n")
        assert start(used).stdout == "started\n"
    factory.write_text("import thing\n")


@pytest.mark.parametrize(
    "made_in", ["{folder}", "{folder} 3.10 {platform}", "{folder} {version} other", "/x {kind}"]
)
def test_an_environment_of_another_folder_python_or_platform_is_made_again(used, made_in, quick_python):
    version, platform = VERSION_OF_THIS_PYTHON, sysconfig.get_platform()
    kind = f"{version} {platform}"
    known = {"folder": used, "version": version, "platform": platform, "kind": kind}
    (used / ".venv" / "made-in").write_text(made_in.format(**known) + "\n")

    result = start(used, PYTHON=quick_python)

    assert "making .venv" in result.stdout
    assert result.stdout.endswith("started\n")
    assert (used / ".venv" / "made-in").read_text() == f"{used} {kind}\n"


@pytest.mark.parametrize("lost", ["thing.py", "thing-1.dist-info"])
def test_a_stamp_is_not_trusted_when_a_package_is_gone(used, lost, quick_python):
    [module] = (used / ".venv").rglob("thing.py")
    module.unlink()
    if lost.endswith("info"):
        shutil.rmtree(module.with_name(lost))

    result = start(used, PYTHON=quick_python)

    assert "installing requirements.txt" in result.stdout
    assert result.stdout.endswith("started\n")


@pytest.mark.parametrize("settings", [
    {
        "PIP_USER": "1", "PIP_DRY_RUN": "1", "PIP_NO_BINARY": ":all:",
        "PIP_TARGET": "/nowhere", "PIP_PREFIX": "/nowhere", "PIP_ROOT": "/nowhere", "PIP_PYTHON": "/nowhere",
        "PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere",
    },
    {"file": "[global]\nuser = yes\n[install]\ntarget = /nowhere\n"},
], ids=["environment", "file"])  # fmt: skip
def test_pips_own_settings_do_not_break_the_installation(used, tmp_path, settings):
    (used / ".venv" / "installed-requirements.txt").unlink()
    [installed] = (used / ".venv").rglob("thing-1.dist-info")
    shutil.rmtree(installed)
    installed.with_name("thing.py").unlink()
    if text := settings.get("file"):
        (tmp_path / "pip.conf").write_text(text)
        settings = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}

    result = start(used, **settings)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("started\n")


@pytest.mark.parametrize("relative", [True, False])
def test_a_link_to_it_is_followed_and_nothing_is_touched_beside_the_link(used, tmp_path, relative):
    stranger = tmp_path / ".venv" / "precious"
    stranger.mkdir(parents=True)
    target = os.path.relpath(used / "run.sh", tmp_path) if relative else used / "run.sh"
    (tmp_path / "start").symlink_to(target)
    (tmp_path / "again").symlink_to("start")

    result = run(tmp_path, script="again")

    assert result.stdout == "started\n"
    assert stranger.exists()


def test_an_environment_that_it_has_not_made_is_not_deleted(checkout):
    precious = checkout / ".venv" / "precious"
    precious.mkdir(parents=True)

    result = run(checkout)

    assert result.returncode == 1
    assert result.stderr.startswith(
        f"microblog: there is a .venv in {checkout} that this script has not made"
    )
    assert precious.exists()


def test_the_words_of_venv_are_shown_and_no_package_advised_that_would_not_help(tmp_path):
    result = run(new_checkout(tmp_path / "a:b"))

    assert result.returncode == 1
    assert "PATH separator" in result.stderr
    assert "apt install" not in result.stderr


@pytest.fixture
def checks(checkout):
    """A function that runs the checks with tools that do nothing, of which those fail that fit a pattern."""
    (checkout / "requirements-dev.txt").write_text("")
    (checkout / ".env.example").write_text("#PORT=8000\n")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    kind = f"{VERSION_OF_THIS_PYTHON} {sysconfig.get_platform()}"
    (checkout / ".venv" / "made-in").write_text(f"{checkout} {kind}\n")
    for name in ("python", "lint-imports"):
        tool = checkout / ".venv" / "bin" / name
        real = f'if [ "$1" = -c ]; then exec {sys.executable} "$@"; fi'
        tool.write_text(
            f'#!/bin/sh\n{real}\necho "${{0##*/}} $*"\n! echo "${{0##*/}} $*" | grep -Eq "$FAILING"\n'
        )
        tool.chmod(0o700)
    return lambda *arguments, failing="none": run(checkout, *arguments, FAILING=failing)


def test_every_step_is_done_and_what_failed_is_said_at_the_end(checks):
    result = checks("test", failing="ruff|lint-imports|mypy|pytest")

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "microblog: failed: format (run: .venv/bin/ruff format .)",
        "microblog: failed: lint (try: .venv/bin/ruff check --fix .)",
        "microblog: failed: layers (they are in pyproject.toml; again: .venv/bin/lint-imports)",
        "microblog: failed: types (they are in pyproject.toml; again: .venv/bin/mypy)",
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
@pytest.mark.asvs("15.1.2")
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
@pytest.mark.asvs("15.1.1", "15.2.1")
def test_every_pin_names_the_hashes_of_its_files(name):
    assert [line for line in read_lines(name) if "==" in line and "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pip_can_read_them_in_any_locale(name):
    assert (ROOT / name).read_bytes().isascii()


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
