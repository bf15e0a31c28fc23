from microblog.base.database import db
from microblog.tables import MODELS


def test_the_shell_knows_every_model_and_can_query_at_once(app, susan):
    db.close()

    with app.app_context():
        shell = app.make_shell_context()

    assert {model.__name__ for model in MODELS} <= shell.keys()
    assert shell["User"].select().count() == 1
    shell["db"].close()
