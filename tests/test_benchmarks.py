"""Whether what is measured can still be measured."""

import subprocess
import sys

import pytest

from microblog.base.config import ROOT


@pytest.mark.parametrize("name", ["imports"])
def test_a_benchmark_runs(name):
    command = [sys.executable, ROOT / "benchmarks" / f"{name}.py", "--quick"]

    run = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "posts a second" in run.stdout
