"""Whether what is measured can still be measured."""

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


@pytest.mark.parametrize("name", QUICK)
def test_a_benchmark_runs(name):
    options, printed = QUICK[name]
    command = [sys.executable, ROOT / "benchmarks" / f"{name}.py", *options]

    run = subprocess.run(command, capture_output=True, text=True, check=True)

    assert printed in run.stdout
