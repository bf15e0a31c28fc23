"""Checks the site: what is well, what could be better, what is wrong, and the command that fixes it."""

from flask import current_app
from peewee import PeeweeException

from microblog.ops.doctor import data, machine, outside, processes
from microblog.ops.doctor.finding import FAULT, FLASK, WARNING, WELL, Finding

CHECKS = (
    machine.check_python,
    machine.check_sqlite,
    machine.check_data_folder,
    machine.check_env_file,
    machine.check_disk,
    data.check_database,
    data.check_backups,
    processes.check_queue,
    processes.check_worker,
    outside.check_mail,
    machine.check_clock,
    outside.check_address,
    processes.check_web_server,
)

__all__ = ["FAULT", "WARNING", "WELL", "Finding", "examine"]


def examine():
    """Check everything and yield a Finding for each thing checked; nothing is changed."""
    settings = current_app.config["SETTINGS"]
    for check in CHECKS:
        try:
            yield from check(settings)
        except PeeweeException as error:
            yield Finding(FAULT, _name(check), f"the database does not answer: {error}", f"{FLASK} migrate")
        except OSError as error:
            yield Finding(FAULT, _name(check), str(error), f"ls -la {settings.data_dir}")


def _name(check):
    return check.__name__.removeprefix("check_").replace("_", " ")
