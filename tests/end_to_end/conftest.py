import dataclasses

import pytest

from microblog.base.config import Settings
from microblog.tasks.queue import huey
from tests.end_to_end.browsing import chromium
from tests.end_to_end.gallery import PASSWORD, gallery
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
    """A queue server and a mail server, with the test's own app bound to them; tests start consumers."""
    world = World(settings, postbox)
    world.start_queue()
    huey.lock.file.close()
    huey.immediate = False
    huey.init_app(app, settings.queue_url, app.secret_key, settings.data_dir / "run")
    yield world
    world.stop()
    huey.lock.take()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The gallery; modules that start a site of their own override it."""
    with gallery(tmp_path_factory.mktemp("gallery") / "data") as site:
        yield site


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def signed_in(site, browser):
    """A function that returns the stored state of a browser in which a person is signed in."""
    states = {}

    def signed_in(username):
        if username and username not in states:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{site.url}/auth/login")
            page.get_by_label("Username").fill(username)
            page.get_by_label("Password").fill(PASSWORD)
            page.locator("main form button").click()
            page.wait_for_url(f"{site.url}/")
            states[username] = context.storage_state()
            context.close()
        return states.get(username)

    return signed_in


@pytest.fixture
def new_page(browser, signed_in):
    """A function that opens a page for a signed-in person, by default susan."""
    contexts = []

    def new_page(username="susan", **options):
        context = browser.new_context(storage_state=signed_in(username), **options)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()
