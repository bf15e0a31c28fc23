import re
from html.parser import HTMLParser

import pytest
from flask import render_template
from flask_babel import force_locale
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from markupsafe import escape
from peewee import CharField

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.models import Message, Post, User
from microblog.web import compiled_templates
from microblog.web.compiled_templates import SPECIAL, TEXTS, Constants
from microblog.web.pagination import Page

HOSTILE = """<script>alert("1")</script> {{ 7*7 }} 100 % of %(x)s & https://example.org/?a=1&b='"""
# Tokens of forms, what marks each form, and the secret of a second factor that is not set up yet.
RANDOM = re.compile(r'value="(?:[\w.-]{60,}|[0-9a-f]{16})"|<svg width.*|<code>[A-Z2-7 ]+</code>')


@pytest.fixture
def by_jinja_alone(app, monkeypatch):
    """A function after which templates are compiled without their constants."""

    def by_jinja_alone():
        monkeypatch.setattr(app.jinja_env, "_by_language", {})
        monkeypatch.setattr(compiled_templates, "ConstantsFirst", CodeGenerator)

    return by_jinja_alone


def test_every_page_says_what_jinja_alone_would_say(
    app, sign_in, susan, john, write_posts, by_jinja_alone, later
):
    language = "es"
    User.update(is_admin=True, language=language).where(User.id == susan.id).execute()
    write_posts(susan, HOSTILE, "hello")
    Message.send(john, susan, HOSTILE)
    later(hours=2)
    browser, stranger = sign_in(susan), app.test_client()
    pages = [*_pages(app), "/user/susan", "/user/john", "/search?q=hello", "/send_message/john", "/nowhere"]

    def drawn(path):
        answers = [
            browser.get(path),
            stranger.get(path, headers={"Accept-Language": language, "Cookie": "theme=dark"}),
        ]
        return [RANDOM.sub("", answer.text) for answer in answers if answer.mimetype != "image/png"]

    compiled = {path: drawn(path) for path in pages}
    by_jinja_alone()

    assert compiled == {path: drawn(path) for path in pages}
    assert '<html lang="en"' not in str(compiled)


def test_whatever_a_post_holds_it_stays_text(app, susan):
    kept = Post(id=in_microseconds(clock.now()), author=susan, body="hello", language="en")
    changes = [(row, name) for row in (kept, susan) for name in _texts(row)]
    with app.test_request_context("/explore"):
        tags = _tags(_drawn(kept))
        for row, name in changes:
            was = getattr(row, name)
            setattr(row, name, HOSTILE.replace("https", ""))
            html = _drawn(kept)
            setattr(row, name, was)

            assert _tags(html) == tags, name
    assert len(changes) > 3


def test_what_is_put_out_as_it_is_holds_nothing_that_would_be_escaped():
    signs = [chr(code) for code in range(0x3000)]

    assert [sign for sign in signs if SPECIAL.search(sign)] == [
        sign for sign in signs if escape(sign) != sign
    ]


def test_no_template_looks_up_a_constant_for_each_request(app):
    looked_up = []
    with app.test_request_context(), force_locale("es"):
        for name in app.jinja_env.list_templates():
            source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]
            tree = Constants(app.jinja_env).visit(app.jinja_env.parse(source))
            looked_up += [(name, call) for call in tree.find_all(nodes.Call) if _is_constant(call)]
            looked_up += [(name, call) for call in tree.find_all(nodes.Call) if _is_slow_path(call)]
            looked_up += [(name, include) for include in tree.find_all(nodes.Include)]

    assert looked_up == []


def test_an_address_with_a_host_is_that_of_each_request(app):
    for site in ("http://localhost:8001", "https://localhost"):
        with app.test_request_context(base_url=site), force_locale("en"):
            assert site in app.jinja_env.get_template("email/error.txt").render(report="")


def test_a_language_that_is_not_offered_is_drawn_as_well(app, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_LANGUAGES", ["en"])
    monkeypatch.setattr(app.jinja_env, "_by_language", {})

    with app.test_request_context(), force_locale("es"):
        assert app.jinja_env.get_template("_no_mail_server.html").render(config={}).strip()


def test_templates_that_are_being_edited_are_read_again(app, monkeypatch):
    monkeypatch.setattr(app.jinja_env, "auto_reload", True)

    with app.test_request_context():
        tree = Constants(app.jinja_env).visit(app.jinja_env.parse('{% include "_nav.html" %}'))

    assert list(tree.find_all(nodes.Include))


def _drawn(post):
    return render_template("posts/explore.html", page=Page([post], None, None))


def _tags(html):
    """Every tag with the names of its attributes, as a browser finds them."""
    parser, tags = HTMLParser(), []
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, [name for name, _value in attributes]))
    parser.feed(html)
    return tags


def _texts(row):
    """Names of the columns of *row* that hold texts."""
    return [field.name for field in row._meta.sorted_fields if isinstance(field, CharField)]


def _pages(app):
    """Paths of all GET pages that need no argument."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    return sorted(map(str, filter(_is_page, rules)))


def _is_page(rule):
    return not rule.endpoint.startswith(("api", "health", "feeds"))


def _is_slow_path(call):
    """Whether *call* leaves a path to Flask; what follows its ``#`` is to be written after it instead."""
    names = {keyword.key for keyword in call.kwargs if keyword.key.startswith("_")}
    return getattr(call.node, "name", None) == "url_for" and not names <= {"_external"}


def _is_constant(call):
    """Whether *call*, in a template, has the same outcome on every page in one language."""
    name = getattr(call.node, "name", None)
    values = [*call.args, *(keyword.value for keyword in call.kwargs)]
    hosts = any(keyword.key == "_external" for keyword in call.kwargs)
    texts = name in TEXTS and isinstance(call.args[0], nodes.Const)
    paths = name == "url_for" and not hosts and all(isinstance(value, nodes.Const) for value in values)
    return texts or paths
