"""Paths from prepared patterns are those of ``url_for``, for every route and whatever the values."""

import pytest
from flask import url_for
from werkzeug.routing import BuildError, Rule

from microblog import create_app

VALUES = [
    "susan",
    "Susan_1",
    "0190a7f2-3c1e-7abc-9def-0123456789ab",
    7,
    2**63,
    -1,
    True,
    None,
    "",
    "..",
    "a b",
    "a/b",
    "ä",
    "100%",
    "%(x)s",
    "?a=b&c",
    "mark-of-username.",
    "<script>",
    "atom",
    "a\n",
]


def _outcome(build, *args, **values):
    try:
        return build(*args, **values)
    except (BuildError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize(
    "more", [{}, {"after": 7}, {"next": "/?a=1&b"}, {"_external": True}, {"_anchor": "x"}]
)
def test_every_path_is_the_one_of_url_for(app, more):
    paths = app.jinja_env.globals["url_for"]
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            for value in VALUES:
                values = {**dict.fromkeys(rule.arguments, value), **more}

                assert _outcome(paths, rule.endpoint, **values) == _outcome(url_for, rule.endpoint, **values)


def test_a_path_with_two_values_has_each_in_its_place(app):
    paths = app.jinja_env.globals["url_for"]
    with app.test_request_context():
        for after, before in [("1", "2"), ("mark-of-before.", "%(after)s")]:
            values = {"after": after, "username": "susan", "before": before}

            assert paths("users.show", **values) == url_for("users.show", **values)


def test_a_path_whose_pattern_a_template_holds_is_the_same(app):
    paths = app.jinja_env.globals["url_for"]
    checked = set()
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            for name in (*rule.arguments, "after"):
                others = dict.fromkeys(rule.arguments - {name}, "atom")
                if pattern := paths.pattern(rule.endpoint, name, **others):
                    for value in VALUES:
                        filled = _outcome(paths.filled, value, pattern, rule.endpoint, name, **others)

                        assert filled == _outcome(url_for, rule.endpoint, **{name: value}, **others)
                    checked.add(rule.endpoint)
    assert {"users.show", "posts.show", "posts.explore", "feeds.show"} <= checked


def test_a_rule_learns_to_build_its_path_when_one_is_asked_for(settings, monkeypatch):
    learnt = []
    compile_builder = Rule._compile_builder
    monkeypatch.setattr(
        Rule, "_compile_builder", lambda rule, *args: learnt.append(rule.rule) or compile_builder(rule, *args)
    )
    app = create_app(settings)
    assert learnt == []

    with app.test_request_context():
        assert [url_for("users.show", username="susan", x=number) for number in (1, 2)] == [
            "/user/susan?x=1",
            "/user/susan?x=2",
        ]
    assert learnt == ["/user/<username>"]
