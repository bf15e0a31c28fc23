"""Bandit over all code that runs: every finding must be judged on its line, by number, for ruff."""

import json
import re
import subprocess
import sys

from microblog.base.config import ROOT

# Asserts state what is already ensured (B101); importing subprocess is no fault by itself (B404).
LEFT_TO_RUFF = "B101,B404"


def test_bandit_finds_nothing_that_was_not_judged():
    paths = ["microblog", "consumer.py", "tools", "docs", "benchmarks"]
    command = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--format", "json"]
    response = subprocess.run(
        [*command, "--skip", LEFT_TO_RUFF, *paths], cwd=ROOT, capture_output=True, text=True
    )
    report = json.loads(response.stdout)
    judged = [is_judged(finding) for finding in report["results"]]
    left = [
        f"{finding['filename']}:{finding['line_number']} {finding['test_id']} {finding['issue_text']}"
        for finding, known in zip(report["results"], judged, strict=True)
        if not known
    ]

    assert left == []
    assert report["errors"] == []
    assert any(judged), "it looked at nothing"


def is_judged(finding):
    """Whether one of the finding's lines has ruff's noqa for it: S603 is bandit's B603."""
    lines = (ROOT / finding["filename"]).read_text().splitlines()
    code = finding["test_id"].replace("B", "S")
    return any(re.search(rf"# noqa: .*\b{code}\b", lines[number - 1]) for number in finding["line_range"])
