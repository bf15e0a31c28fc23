"""
Installs the packages of a requirements file with pip, for ``run.sh``.

pip obeys settings of its own, from files and from the environment: some say how packages are reached, others
put them elsewhere, leave parts of them out or install nothing. Only the former are handed on.
"""

import ast
import os
import subprocess
import sys

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
INSTALL = ["install", "-qq", "--no-input", "--prefer-binary", "--require-hashes", "--requirement"]
# Options of "pip install" about reaching packages and keeping them; see "pip install --help".
HOW_TO_REACH = (
    "cache-dir", "cert", "client-cert", "default-timeout", "extra-index-url", "find-links", "index-url",
    "keyring-provider", "no-cache-dir", "no-index", "proxy", "retries", "timeout", "trusted-host",
)  # fmt: skip
NAMES = {f"PIP_{option.upper().replace('-', '_')}": option for option in HOW_TO_REACH}


def kept_settings(environment):
    """The settings that are handed on, by the names of their environment variables."""
    own = {name: value for name, value in environment.items() if name in NAMES}
    return {**_from_files(_without_settings(environment)), **own}


def _from_files(environment):
    listed = subprocess.run(  # noqa: S603
        [*PIP, "config", "list"], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    found = dict(line.split("=", 1) for line in listed.stdout.splitlines())
    # What is said of "pip install" alone takes precedence.
    written = {
        name: found.get(f"install.{option}") or found.get(f"global.{option}")
        for name, option in NAMES.items()
    }
    return {name: ast.literal_eval(value) for name, value in written.items() if value}


def _without_settings(environment):
    """*environment* without pip's variables, but for the one that names a file of settings."""
    named = ("PIP_CONFIG_FILE",)
    return {name: value for name, value in environment.items() if name in named or name[:4] != "PIP_"}


def main(requirements):
    kept = kept_settings(os.environ)
    environment = {**_without_settings(os.environ), **kept, "PIP_CONFIG_FILE": os.devnull}
    os.execve(sys.executable, [*PIP, *INSTALL, requirements], environment)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1])
