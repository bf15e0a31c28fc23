"""What the layers in ``pyproject.toml`` cannot say: who may load the whole app."""

import ast
import subprocess
import sys
from pathlib import Path

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

    assert importers == {"__init__.py"}


def test_what_starts_the_processes_does_not_load_the_app():
    """It stays in memory for as long as they run."""
    look = "import sys, microblog.server.supervisor; print(*sys.modules)"
    response = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in response.stdout.split()}
    assert loaded.isdisjoint({"flask", "peewee", "huey", "gunicorn"})
