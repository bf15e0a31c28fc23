import dataclasses

import pytest

from microblog.config import Settings
from microblog.queue import huey
from tests.end_to_end.postbox import Postbox
from tests.end_to_end.world import World


@pytest.fixture
def postbox():
    with Postbox() as postbox:
        yield postbox


@pytest.fixture
def settings(tmp_path):
    base = Settings(data_dir=tmp_path / "data", secret_key="for tests only, 32 characters long")
    return dataclasses.replace(base, mail_server="127.0.0.1")


@pytest.fixture
def world(app, settings, postbox):
    """A queue server and a mail server, the test's own app bound to them; consumers are the test's affair."""
    world = World(settings, postbox)
    world.start_queue()
    huey.worker.release()
    huey.immediate = False
    huey.init_app(app, settings.queue_url, app.secret_key, settings.data_dir / "run")
    yield world
    world.stop()
    huey.worker.take()
