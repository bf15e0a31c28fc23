"""
The web server and the consumer as the supervisor starts them: copies of itself, with the app loaded once.

Each of them is what ``python -m microblog`` starts by a command line; the system shows it by that name.
"""

import importlib
import os
import sys

from microblog.server import command_lines, web_server
from microblog.server.children import Child
from microblog.server.forked import Forked
from microblog.server.restarts import MOST_DEATHS


class Part(Child):
    """A child that is a copy of this process and runs *main*; *words* are its command line."""

    def __init__(self, name, main, words, settings):
        super().__init__(name, words, settings, most_deaths=MOST_DEATHS)
        self.main = main

    def launch(self, streams, prepare):
        return Forked(self.main, self.command, streams, prepare)


def load(settings):
    """
    Load the app, and return what serves it: a list of Parts, not started yet.

    This process must neither open the database nor start a thread: its copies could not use them.
    """
    os.environ.update(command_lines.environment(settings))
    web_server.be_lean()
    # What huey_consumer would load; it is found there again.
    app = importlib.import_module("consumer").app
    consumer_main = importlib.import_module("huey.bin.huey_consumer").consumer_main
    web_server.share(app)
    consumer = command_lines.consumer(settings)[2:]
    return [
        Part(
            "web server",
            lambda: web_server.run(settings, lambda _settings: app),
            ["microblog", "web"],
            settings,
        ),
        Part(
            "background worker",
            lambda: _consume(consumer_main, consumer),
            ["huey_consumer", *consumer[1:]],
            settings,
        ),
    ]


def _consume(consumer_main, words):
    # By the first of these words Huey starts the process again when SIGHUP asks for it.
    sys.argv = [sys.modules[consumer_main.__module__].__file__, *words[1:]]
    consumer_main()
