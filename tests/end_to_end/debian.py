"""A fresh Debian with a systemd, a network and a clock of its own, made by debootstrap and systemd-nspawn."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from microblog.base.config import ROOT
from tests.end_to_end.running_site import wait_until

TOOLS = ("debootstrap", "systemd-nspawn", "nsenter", "git")
RELEASE, PYTHON = "bookworm", "3.11"
MIRROR = "http://deb.debian.org/debian"
BASE = "systemd-sysv,dbus,ca-certificates,curl,openssl,libfaketime,python3-aiosmtpd"
NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe")
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
EMPTY_ENVIRONMENT = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root")
LAST_FOLDER = "/run/last-folder"
WHEELS = "/wheels"
REPOSITORY = "/repository"
# It belongs to root, and others clone it.
GIT_SETTINGS = "[user]\nname = somebody\nemail = somebody@example.org\n[safe]\ndirectory = *\n"
# Of one command in it; the slowest installs packages.
LONGEST_S = 240


def lacking():
    """What this machine lacks to make one, as text; "" if nothing."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if sys.platform != "linux" or os.geteuid():
        missing.insert(0, "root on Linux")
    return ", ".join(missing)


class Debian:
    """Use it in a ``with``. What is typed runs as root with an empty environment, in the folder of before."""

    def __init__(self, folder):
        self.root = folder / "debian"
        self.leader = None
        self.folder = "/root"

    def __enter__(self):
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={BASE}", RELEASE, self.root, MIRROR],
            check=True,
            capture_output=True,
        )
        return self

    def __exit__(self, *_):
        if self.leader:
            # What init understands as: halt at once.
            os.kill(self.leader, signal.SIGRTMIN + 3)
            self._nspawn.wait(LONGEST_S)
        shutil.rmtree(self.root)

    def fetch_packages(self, names):
        """Fetch what will be installed later: once it runs, it has no network but its own."""
        fetch = f"apt-get update && apt-get install -y --download-only {' '.join(names)}"
        subprocess.run([*NSPAWN, "-D", self.root, "sh", "-ec", fetch], check=True, capture_output=True)

    def fetch_wheels(self, *what):
        """Fetch Python packages for its pip; *what* are arguments of ``pip download``."""
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-qq",
            "--only-binary=:all:",
            "--python-version",
            PYTHON,
        ]
        subprocess.run([*pip, "--dest", f"{self.root}{WHEELS}", *what], check=True)
        self.write("/etc/pip.conf", f"[global]\nno-index = yes\nfind-links = {WHEELS}\n")

    def put_repository(self):
        """Put the project there as it is in this folder, as a repository with one commit."""
        left_out = shutil.ignore_patterns(".git", ".venv", ".env", "data", "__pycache__", "*.mo", ".*_cache")
        shutil.copytree(ROOT, f"{self.root}{REPOSITORY}", ignore=left_out)
        self.write("/etc/gitconfig", GIT_SETTINGS)
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "as it is"]):
            git = ["git", "-C", f"{self.root}{REPOSITORY}", *words]
            subprocess.run(
                git, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": f"{self.root}/etc/gitconfig"}
            )

    def write(self, path, text):
        Path(f"{self.root}{path}").write_text(text)

    def read(self, path):
        return Path(f"{self.root}{path}").read_text()

    def append(self, path, text):
        self.write(path, self.read(path) + text)

    def boot(self):
        """Let its systemd start what is enabled."""
        command = [*NSPAWN, "-D", self.root, "--boot", "--private-network"]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._nspawn = subprocess.Popen(command, **streams)
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        wait_until(lambda: self._is_up(children.read_text().split()), self.leader)

    def _is_up(self, children):
        if children:
            self.leader = int(children[0])
        return self.leader and "running" in self.try_("systemctl is-system-running").stdout

    def type(self, text):
        """Type *text*, shell commands, and return what they print; each must succeed."""
        done = self.try_(text)
        assert done.returncode == 0, f"{text}\n{done.stdout}\nexit code {done.returncode}"
        return done.stdout

    def try_(self, text):
        """Type *text*, and return how it went."""
        line = f'trap "pwd >{LAST_FOLDER}" EXIT; cd {self.folder}; set -e\n{text}'
        entered = ["nsenter", "--target", str(self.leader), *NAMESPACES]
        done = subprocess.run(
            [*entered, "/usr/bin/env", "-i", *EMPTY_ENVIRONMENT, "bash", "-c", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
        )
        self.folder = self.read_inside(LAST_FOLDER).strip() or self.folder
        return done

    def read_inside(self, path):
        """A file of one of its file systems that are not on the disk, "" if there is none."""
        try:
            return Path(f"/proc/{self.leader}/root{path}").read_text()
        except OSError:
            return ""
