"""What the layers in ``pyproject.toml`` cannot say: who may load the whole app."""

import ast
import inspect
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from microblog.base.database import BaseModel
from microblog.mail.mail import Mail
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem
from tests import source

ROOT = Path(__file__).parent.parent
WORK_ITEMS = [Task, Mail]


def test_only_entry_points_import_the_factory():
    importers = {
        path.name
        for path, tree in source.trees("factory", "create_app")
        for node in ast.walk(tree)
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


def test_tasks_and_mails_are_all_that_workers_work_on(app):
    assert set(WorkItem.kinds()) == set(WORK_ITEMS)


@pytest.mark.parametrize("kind", WORK_ITEMS)
def test_no_verb_of_the_heart_is_defined_on_more_than_one_level(kind):
    heart = kind.__mro__[: kind.__mro__.index(BaseModel)]
    levels = Counter(name for level in heart for name in vars(level) if not name.startswith("__"))

    assert [name for name in levels if levels[name] > 1 and inspect.isroutine(getattr(kind, name))] == []
