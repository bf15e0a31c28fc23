"""SQLite plans each prepared query once for a connection: to plan one takes longer than to run it."""

from microblog.base.database import db
from microblog.base.statement import Statement
from microblog.models import Message, Post, Token

VALUES = {"username": "john", "user": "john", "word": "tea", "tag": "tea"}


def test_no_page_and_no_operation_has_a_query_planned_twice(app, admin, office, susan, john, monkeypatch):
    _write_to_each_other(admin, john)
    program = {"Authorization": f"Bearer {Token.issue(susan, 'a test')[1]}"}
    ran = _selected(monkeypatch)

    for path in _paths(app):
        office.get(path, headers=program if path.startswith("/api") else {}, buffered=True)

    assert len(ran) > 50
    assert [sql for sql, values in ran.items() if _is_planned_again(sql, values)] == []


def _write_to_each_other(one, other):
    one.follow(other)
    post = Post.create(author=other, body=f"hello @{one.username} #tea")
    Post.answer(post.id, author=one, body="hello")
    Message.send(other, one, "hello")


def _paths(app):
    values = {**VALUES, "post_id": Post.select().first().id}
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= values.keys():
            path = urls.build(rule.endpoint, {name: values[name] for name in rule.arguments})
            yield from (f"{path}?before=1795863991247158", f"{path}?after=5&q=hello")


def _selected(monkeypatch):
    """A dictionary that collects the text of each prepared SELECT that runs, with its values."""
    ran, run = {}, Statement.run

    def collect(statement, values):
        if statement.sql.startswith("SELECT"):
            ran[statement.sql] = statement.bound(values)
        return run(statement, values)

    monkeypatch.setattr(Statement, "run", collect)
    return ran


def _is_planned_again(sql, values):
    """Whether SQLite asks who may read what, which it does to plan, when *sql* runs once more."""
    connection, asked = db.connection(), []
    connection.set_authorizer(lambda *what: asked.append(what) or 0)
    connection.execute(sql, values).fetchall()  # An authorizer that is new has all planned anew.
    asked.clear()
    connection.execute(sql, values).fetchall()
    connection.set_authorizer(None)
    return bool(asked)
