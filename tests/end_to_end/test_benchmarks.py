"""Whether what is measured can still be measured."""

import re
import subprocess
import sys

import pytest

from microblog.base.config import ROOT

# What to ask of each, so that it is quick, and what it then prints.
QUICK = {
    "imports": (["--quick"], "posts a second"),
    "pages": (
        ["--in-process", "--rounds", "1", "--users", "60", "--posts", "200", "--tasks", "10"],
        "| many notifications |",
    ),
}


def run(name, *options):
    command = [sys.executable, ROOT / "benchmarks" / f"{name}.py", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", QUICK)
def test_a_benchmark_runs(name):
    options, printed = QUICK[name]

    assert printed in run(name, *options)


@pytest.mark.slow
def test_growth_can_still_be_measured():
    assert "| signing in |" in run("growth", "--quick", "--rounds", "1")


@pytest.mark.slow
def test_an_import_of_a_hundred_thousand_posts_takes_little_memory():
    told = run("imports", "--posts", "100000", "--rounds", "1")

    assert float(re.search(r"memory grew by ([\d.]+) MiB", told)[1]) < 30
