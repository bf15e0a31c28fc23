"""
Migration, web server and consumer as the supervisor starts them: copies of itself, with the app loaded once.

Each of them is what a command line would start; the system shows it by that name.
"""

import importlib
import os
import sys
from typing import NamedTuple

from flask.cli import ScriptInfo

from microblog.server import command_lines, web_server
from microblog.server.children import Child
from microblog.server.forked import Forked
from microblog.server.restarts import MOST_DEATHS


class Part(Child):
    """A child that is a copy of this process and runs *main*; *words* are its command line."""

    def __init__(self, name, main, words, settings, **options):
        super().__init__(name, words, settings, **options)
        self.main = main

    def launch(self, streams, prepare):
        return Forked(self.main, self.command, streams, prepare)


class Parts(NamedTuple):
    """What comes before the site is served, and the list of what serves it; none is started yet."""

    migration: Part
    services: list


def load(settings):
    """
    Load the app, and return its Parts.

    This process must neither open the database nor start a thread: its copies could not use them.
    """
    os.environ.update(command_lines.environment(settings))
    web_server.be_lean()
    # What huey_consumer would load; it is found there again.
    app = importlib.import_module("consumer").app
    consumer_main = importlib.import_module("huey.bin.huey_consumer").consumer_main
    web_server.share(app)
    consumer = command_lines.consumer(settings)[2:]
    migration = Part(
        "migration",
        lambda: _migrate(app),
        ["flask", "migrate"],
        settings,
        # A stop is not passed on: it has as long as the others to finish. Killing it does no harm: each step
        # is one transaction, and the next start repeats the step.
        stop_signal=None,
        tells=True,
    )
    web = Part(
        "web server",
        lambda: web_server.run(settings, lambda _settings: app),
        ["microblog", "web"],
        settings,
        most_deaths=MOST_DEATHS,
    )
    worker = Part(
        "background worker",
        lambda: _consume(consumer_main, consumer),
        ["huey_consumer", *consumer[1:]],
        settings,
        most_deaths=MOST_DEATHS,
    )
    return Parts(migration, [web, worker])


def _migrate(app):
    app.cli.main(["migrate"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


def _consume(consumer_main, words):
    # By the first of these words Huey starts the process again when SIGHUP asks for it.
    sys.argv = [sys.modules[consumer_main.__module__].__file__, *words[1:]]
    consumer_main()
