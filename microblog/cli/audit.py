"""The command that checks installed packages for known vulnerabilities."""

import json
import urllib.request
from http.client import HTTPException
from importlib import metadata

import click

DATABASE = "https://api.osv.dev/v1/querybatch"
TIMEOUT_S = 20
FOUND, SKIPPED = 1, 3


@click.command()
@click.option("--database", default=DATABASE, help="Another place that answers as OSV.dev does.")
@click.pass_context
def audit(context, database):
    """Ask OSV.dev about every installed package; exits with 1 for a finding, with 3 when it could not ask."""
    installed = sorted({(package.name, package.version) for package in metadata.distributions()})
    try:
        found = _ask(database, installed)
    except (OSError, HTTPException, ValueError) as error:
        click.echo(f"skipped: {database} could not be asked: {error}", err=True)
        context.exit(SKIPPED)
    for (name, version), faults in found:
        click.echo(f"{name} {version}: {faults}")
    if found:
        click.echo("these have known vulnerabilities: upgrade the site", err=True)
        context.exit(FOUND)
    click.echo(f"passed: no known vulnerability in any of {len(installed)} packages")


def _ask(database, packages):
    """
    Pairs of each of *packages* that has known vulnerabilities and their ids, joined into one text.

    Raises:
        OSError: there was no answer, or
        HTTPException: it broke off, or
        ValueError: it could not be understood.
    """
    queries = [
        {"package": {"ecosystem": "PyPI", "name": name}, "version": version} for name, version in packages
    ]
    question = urllib.request.Request(  # noqa: S310 - the operator says where
        database, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(question, timeout=TIMEOUT_S) as response:  # noqa: S310
        text = response.read()
    try:
        results = json.loads(text)["results"]
        faults = [", ".join(fault["id"] for fault in result.get("vulns", [])) for result in results]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("the answer is none of OSV.dev's") from error
    if len(faults) != len(packages):
        raise ValueError("not every package was answered for")
    return [(package, some) for package, some in zip(packages, faults, strict=True) if some]


COMMANDS = (audit,)
