"""
Writes the hashes of all files of a version below each pin: ``python tools/pin.py``; it needs ``uv``.

To upgrade, change a version (and add its new dependencies) in requirements.txt or requirements-dev.txt,
then run this. All files are listed, wheels for every system and the sources, so that the same pins install
on any machine and Python; pip refuses any other file.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
HASHES = re.compile(r" *\\?\n +--hash=\S+")
UV = ["uv", "pip", "compile", "--quiet", "--universal", "--no-deps", "--generate-hashes", "--no-header"]


def main():
    for name in FILES:
        path = ROOT / name
        pins = HASHES.sub("", path.read_text())
        hashes = hashes_of([line for line in pins.splitlines() if "==" in line and not line.startswith("#")])
        path.write_text("".join(with_hashes(line, hashes) + "\n" for line in pins.splitlines()))


def hashes_of(pins):
    """The hashes of the files of each of *pins*, by name and version."""
    command = [*UV, "--no-annotate", "--python-version", "3.11", "-"]
    found = subprocess.run(  # noqa: S603 - the pins are ours
        command, input="\n".join(pins), text=True, check=True, stdout=subprocess.PIPE
    )
    entries = re.split(r"\n(?=\S)", found.stdout)
    return {key(entry): sorted(re.findall(r"--hash=\S+", entry)) for entry in entries}


def with_hashes(line, hashes):
    known = [] if line.startswith(("#", "-")) else hashes.get(key(line), [])
    return " \\\n".join([line, *(f"    {one}" for one in known)])


def key(pin):
    """Normalized name and version, such as ``flask==3.1.3``."""
    name, _equals, version = re.split(r"[ ;\\\n]", pin.strip())[0].partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


if __name__ == "__main__":
    sys.exit(main())
