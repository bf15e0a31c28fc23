"""The walks through the code in docs/ are done exactly as they stand there."""

import re
import shutil
import subprocess
import sys

from microblog.base.config import ROOT
from tests.end_to_end.running_site import NO_SETTINGS, RunningSite

DOCS = ROOT / "docs"
# What a copy needs for a test to run in it.
NEEDED = ("microblog", "templates", "static", "tests", "pyproject.toml", "consumer.py")
SESSION = """
import doctest
walk = doctest.DocTestParser().get_doctest(open({path!r}).read(), globals(), "walk", None, 0)
doctest.DocTestRunner().run(walk)
"""


def blocks(page):
    """Language and text of each block of code, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def test_the_tutorials_session_can_be_typed_here(tmp_path):
    walk = blocks("from-the-tutorial.md")
    assert {language for language, _text in walk} == {"sh", "pycon"}
    with RunningSite(tmp_path / "site") as site:
        for line in next(text for language, text in walk if language == "sh").splitlines():
            if line == "./run.sh":
                site.ready()
            else:
                command = line.replace(".venv/bin/flask", f"{sys.executable} -m flask")
                subprocess.run(command.split(), cwd=ROOT, env=site.environment, check=True)
        session = tmp_path / "session.txt"
        session.write_text("\n".join(text for language, text in walk if language == "pycon"))

        shell = subprocess.run(
            [sys.executable, "-m", "flask", "shell"],
            cwd=ROOT,
            env=site.environment,
            input=SESSION.format(path=str(session)),
            capture_output=True,
            text=True,
        )

    assert "TestResults(failed=0, attempted=" in shell.stdout, shell.stdout + shell.stderr
    assert len(shell.stderr.partition("Microblog:")[2].splitlines()) >= 6
    examples = len(re.findall("^>>> ", session.read_text(), re.MULTILINE))
    assert f"attempted={examples})" in shell.stdout


def test_a_job_is_added_as_the_page_says(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__")
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / name, **({"ignore": ignore} if copy is shutil.copytree else {}))
    made = [text for language, text in blocks("adding-a-job.md") if language == "python"]
    for text in made:
        [path] = re.findall(r"^# (\S+\.py)\n", text)
        assert not (tmp_path / path).exists(), path
        (tmp_path / path).write_text(text.partition("\n")[2])
    lint = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    subprocess.run(lint, cwd=tmp_path, check=True)
    [command] = [text for language, text in blocks("adding-a-job.md") if language == "sh"]

    words = command.replace(".venv/bin/python", sys.executable).split()
    environment = {**NO_SETTINGS, "PATH": "", "PYTHONPATH": str(tmp_path)}
    tests = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "2 passed" in tests.stdout
    lint = [sys.executable, "-m", "ruff", "check", *(re.match(r"# (\S+)", text)[1] for text in made)]
    assert subprocess.run(lint, cwd=tmp_path, capture_output=True).returncode == 0
