import os
import subprocess
import sys

import pytest

from microblog.base.config import ROOT
from microblog.server import site_log

SAY_WHERE = """
import sys
from pathlib import Path
from microblog.base.config import Settings
from microblog.server import site_log
print(site_log.path(Settings(data_dir=Path("/data"))), file=sys.stderr)
"""


def place_beside(stdout):
    command = [sys.executable, "-c", SAY_WHERE]
    response = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, check=True)
    return response.stderr.strip()


@pytest.fixture
def into_a_file(monkeypatch, tmp_path):
    """As if the standard output were a file."""
    with (tmp_path / "nohup.out").open("w") as file:
        monkeypatch.setattr(site_log, "STDOUT", file.fileno())
        yield


def test_it_is_a_file_of_ours_where_nobody_else_looks_after_it(tmp_path):
    ours, theirs = os.openpty()
    with (tmp_path / "nohup.out").open("w") as file:
        assert place_beside(file) == "/data/log/site.log"
    assert place_beside(theirs) == "/data/log/site.log"
    os.close(ours)
    os.close(theirs)

    assert place_beside(subprocess.PIPE) == "None"
    assert place_beside(subprocess.DEVNULL) == "None"


def test_it_never_takes_more_than_two_files_however_much_is_written(into_a_file, settings, monkeypatch):
    monkeypatch.setattr(site_log, "LARGEST_BYTES", 1000)
    folder = settings.data_dir / "log"

    with site_log.opened(settings) as writer:
        for number in range(500):
            os.write(writer.fileno(), f"line {number}\n".encode())
            site_log.keep_small(settings)

    assert {path.name for path in folder.iterdir()} == {"site.log", "site.1.log"}
    written = (folder / "site.1.log").read_text() + (folder / "site.log").read_text()
    assert written.endswith("line 498\nline 499\n")
    assert 1000 < len(written) < 2100
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_a_full_disk_costs_the_old_lines_and_not_more_room(into_a_file, settings, monkeypatch):
    monkeypatch.setattr(site_log, "LARGEST_BYTES", 10)
    site_log.note(settings, "a line that is long enough")
    # As where there is no room for a copy.
    (settings.data_dir / "log" / "site.1.log").mkdir()
    (settings.data_dir / "log" / "site.1.log" / "site.log").mkdir()

    site_log.keep_small(settings)

    assert site_log.path(settings).read_bytes() == b""
