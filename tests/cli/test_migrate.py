from microblog.base.database import data_dir
from microblog.models import User
from microblog.security import setup_code


def test_a_set_up_code_is_there_until_there_is_an_administrator(run, susan):
    assert run("migrate").exit_code == 0
    assert setup_code.read(data_dir())

    User.update(is_admin=True).execute()

    assert run("migrate").exit_code == 0
    assert not setup_code.read(data_dir())


def test_a_set_up_code_that_cannot_be_written_is_told_in_one_line(run):
    (data_dir() / "setup_code").mkdir()

    result = run("migrate")

    assert result.exit_code == 1
    assert result.output == "Error: the set-up code cannot be written: Is a directory\n"
