"""Imports go down only: a module imports from floors below its own; floor-mates leave each other alone."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "microblog"
FLOORS = [
    {
        "browser_name",
        "catalogues",
        "chore",
        "clock",
        "common_passwords",
        "cookies",
        "environment",
        "folding",
        "i18n",
        "identicon",
        "languages",
        "logs",
        "outage",
        "preferences",
        "premises",
        "proxies",
        "secret_key",
        "setup_code",
        "signatures",
        "smtp",
        "text",
        "voices",
    },
    {"config", "database", "disk", "formats", "known_browsers", "worker_lock"},
    {"queue", "security_log"},
    {"models"},
    {"auth", "archive", "backup", "departure", "lifecycle", "mail", "outbox"},
    {"letters"},
    {"jobs", "demo", "doctor", "restore"},
    {"error_mails", "nightly", "rate_limits", "reconciler", "signals"},
    {"downloads", "forms", "pagination", "presentation", "visits"},
    {"feeds"},
    {"api", "views"},
    {"assets", "errors", "headers", "membership", "same_origin", "cli"},
    {"factory"},
    {"__init__"},
]
# Parts of what starts the processes; the app does not know them.
OUTSIDE = {"__main__", "supervisor", "children", "command_lines", "queue_server"}


def test_every_module_stands_on_a_floor():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")} | packages

    assert modules == set().union(*FLOORS) | OUTSIDE


def test_imports_only_go_down():
    level = {name: number for number, names in enumerate(FLOORS) for name in names}
    climbing = [
        f"{name} imports {imported}"
        for name, imported in _imports()
        if name in level and imported != name and level[imported] >= level[name]
    ]

    assert climbing == []


def test_the_documentation_shows_the_same_house():
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)

    for number, row in rows[:-1]:
        assert set(re.findall(r"`(\w+)`", row)) >= FLOORS[int(number)], f"floor {number}"
    assert len(rows) == len(FLOORS)


def test_only_entry_points_import_the_factory():
    importers = {name for name, imported in _imports() if imported in ("factory", "__init__")}

    assert importers == {"__init__"}


def test_what_starts_the_processes_does_not_load_the_app():
    """It stays in memory for as long as they live."""
    look = "import sys, microblog.supervisor; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = {name.partition(".")[0] for name in answer.stdout.split()}
    assert loaded.isdisjoint({"flask", "peewee", "huey", "gunicorn"})


def _imports():
    for path in PACKAGE.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("microblog."):
                yield name, node.module.split(".")[1]
            elif isinstance(node, ast.ImportFrom) and node.module == "microblog":
                for alias in node.names:
                    yield name, alias.name if alias.name != "create_app" else "__init__"
