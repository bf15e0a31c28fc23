"""Imports go down only: a module imports from floors below its own, never from its own floor."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "microblog"
ROW = re.compile(r"^\| (\d+) \| (.*) \|$", re.MULTILINE)
NAME = re.compile(r"(?:(?<=· )|(?<=, )|^)`([\w.]+)`")
# Known to nobody inside.
OUTSIDE = {"__main__", "server"}


def floors():
    """Floors by the names of the modules on them, as documented in docs/architecture.md."""
    rows = ROW.findall((ROOT / "docs" / "architecture.md").read_text())
    return {name: int(floor) for floor, row in rows for name in NAME.findall(row)}


FLOORS = floors()
WHOLE = {"api", "cli", "doctor", "models", "views"}


def test_every_module_stands_on_a_floor():
    assert {unit_of(path) for path in modules()} - OUTSIDE == set(FLOORS)


def test_imports_only_go_down():
    climbing = [
        f"{name} imports {imported}"
        for name, imported in imports()
        if name in FLOORS and imported != name and FLOORS.get(imported, 99) >= FLOORS[name]
    ]

    assert climbing == []


def test_only_entry_points_import_the_factory():
    importers = {name for name, imported in imports() if imported in ("factory", "__init__")}

    assert importers == {"__init__"}


def test_what_starts_the_processes_does_not_load_the_app():
    """It stays in memory for as long as they run."""
    look = "import sys, microblog.server.supervisor; print(*sys.modules)"
    response = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in response.stdout.split()}
    assert loaded.isdisjoint({"flask", "peewee", "huey", "gunicorn"})


def modules():
    return [path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts]


def unit_of(path):
    """What is assigned to a floor: a module, or a whole package."""
    *packages, name = path.relative_to(PACKAGE).with_suffix("").parts
    return unit(packages if packages and name == "__init__" else [*packages, name])


def unit(parts):
    if parts[0] in WHOLE | OUTSIDE:
        return parts[0]
    return ".".join(parts[:2])


def imports():
    """Pairs of units: one that imports, and what it imports."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "microblog":
                for alias in node.names:
                    yield unit_of(path), imported(node.module.split(".")[1:], alias.name)


def imported(packages, name):
    """The unit that ``from`` *packages* ``import`` *name* takes something from."""
    if not packages and name == "create_app":
        return "__init__"
    path = PACKAGE.joinpath(*packages, name)
    is_module = path.with_suffix(".py").exists() or path.is_dir()
    return unit([*packages, name] if is_module else packages)
