"""What README, CONTRIBUTING, SECURITY and docs/ tell people to type is there, with the options they name."""

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from flask.cli import FlaskGroup

from microblog.__main__ import PARTS
from microblog.base.config import ROOT
from tests.test_docs import PAGES

REST = r"([^\n`|#$]*)"
SCRIPTS = Path(sys.executable).parent
# Files that the reader of a page makes, and what the tutorial's app has.
MADE = re.findall(r"^# (\S+\.py)$", (ROOT / "docs" / "adding-a-job.md").read_text(), re.MULTILINE)
THERE_ONLY = "db upgrade"


def known_to_flask(app, line):
    """Follow *line* into the groups of commands, and parse what is left as a shell would hand it over."""
    command, words = click.Group(commands=FlaskGroup().commands | app.cli.commands), words_of(line)
    while isinstance(command, click.Group) and words:
        if words[0] not in command.commands:
            return line == THERE_ONLY
        command, words = command.commands[words[0]], words[1:]
    options = {option for each in command.params for option in each.opts}
    return options_in(words) <= options


def known_to_pytest(_app, line):
    words = words_of(line)
    wanted = [words[place + 1] for place, word in enumerate(words[:-1]) if word == "-k"]
    files = [ROOT / word for word in words if word.startswith("tests")]
    tests = [name for path in files or [ROOT / "tests"] for name in names_of_tests(path)]
    return all(path.exists() or str(path.relative_to(ROOT)) in MADE for path in files) and all(
        any(part in name for name in tests) for part in wanted
    )


def known_to_benchmark(_app, line):
    script, *words = words_of(line)
    source = (ROOT / "benchmarks" / script).read_text()
    return all(f'"{option}"' in source for option in options_in(words))


def known_to_run_sh(_app, line):
    return line in ("check", "test") and f" {line}" in (ROOT / "run.sh").read_text()


def known_to_python(_app, line):
    module, *words = words_of(line)
    return find_spec(module) is not None and (module != "microblog" or words[0] in PARTS)


def known_to_venv(_app, name):
    return (SCRIPTS / name).exists()


KINDS = {
    known_to_flask: r"\bflask ([a-z][^\n`|#$]*)",
    known_to_pytest: rf"(?:\bpytest|run\.sh (?:check|test)) {REST}",
    known_to_benchmark: rf"\bpython benchmarks/{REST}",
    known_to_run_sh: r"\./run\.sh ([a-z]+)",
    known_to_python: rf"\bpython -m {REST}",
    known_to_venv: r"\.venv/bin/([\w-]+)",
}


@pytest.mark.parametrize("is_known", KINDS, ids=lambda is_known: is_known.__name__)
def test_what_pages_tell_people_to_type_is_there(app, is_known):
    found = [(page.name, line) for page in PAGES for line in re.findall(KINDS[is_known], page.read_text())]

    assert len(found) > 2
    assert [(page, line) for page, line in found if not is_known(app, line)] == []


def words_of(line):
    return shlex.split(line.partition("&&")[0].partition("<")[0].partition("…")[0], comments=True)


def options_in(words):
    return {word for word in words if word.startswith("--")}


def names_of_tests(path):
    """Files and functions at *path*, as ``-k`` finds them."""
    for file in [path] if path.is_file() else path.rglob("test_*.py"):
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE):
            yield f"{file.name} {name}"
