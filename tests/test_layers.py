"""What the layers in ``pyproject.toml`` cannot say: who may load the whole app."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from microblog.mail import mail as _mail  # noqa: F401 - a kind of work item
from microblog.tasks.work_item import WorkItem

ROOT = Path(__file__).parent.parent


def test_only_entry_points_import_the_factory():
    importers = {
        path.name
        for path in (ROOT / "microblog").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "microblog"
        for alias in node.names
        if alias.name in ("factory", "create_app")
    }

    assert importers == {"__init__.py", "__main__.py"}


def test_what_starts_the_processes_does_not_load_the_app():
    """Whatever keeps it from starting is told at once, before the app is loaded for its copies."""
    look = "import sys, microblog.server.supervisor; print(*sys.modules)"
    response = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in response.stdout.split()}
    assert loaded.isdisjoint({"flask", "peewee", "huey", "waitress"})


def test_a_reader_sees_the_layers_in_the_folder_listing():
    assert len([path for path in (ROOT / "microblog").iterdir() if path.is_file()]) <= 6


@pytest.mark.parametrize("kind", WorkItem.kinds())
def test_no_verb_of_the_heart_is_defined_on_more_than_one_level(kind):
    above = kind.__mro__[: kind.__mro__.index(WorkItem)]
    own = {name for cls in above for name in vars(cls) if not name.startswith("__")}

    assert {name for name in own & set(vars(WorkItem)) if inspect.isroutine(getattr(kind, name))} == set()
