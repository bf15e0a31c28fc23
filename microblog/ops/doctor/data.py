"""Checks the database and its backups."""

from datetime import timedelta

from microblog.base import clock, database, schema
from microblog.base.database import connected, db
from microblog.ops.doctor.finding import FAULT, FLASK, MIB, WARNING, WELL, Finding, hours

OLDEST_BACKUP = timedelta(days=2)


def check_database(settings):
    path = settings.data_dir / database.FILE_NAME
    if not path.exists():
        yield Finding(FAULT, "database", f"there is no {path} yet", f"{FLASK} migrate")
        return
    with connected():
        if damages := [row for (row,) in db.execute_sql("PRAGMA integrity_check") if row != "ok"]:
            yield Finding(FAULT, "database", f"damaged: {damages[0]}", f"{FLASK} restore FILE")
            return
        try:
            waiting = schema.pending()
        except schema.SchemaError as error:
            yield Finding(FAULT, "database", str(error), "git pull")
            return
    if waiting:
        yield Finding(FAULT, "database", f"not brought up to date: {', '.join(waiting)}", f"{FLASK} migrate")
    else:
        yield Finding(WELL, "database", f"sound, up to date, {size(path) // MIB:,} MiB")


def check_backups(settings):
    backups = list((settings.data_dir / "backups").glob("*.tar.gz"))
    if not backups:
        yield Finding(WARNING, "backups", "there is none yet", f"{FLASK} backup")
        return
    newest = max(backups, key=lambda path: path.stat().st_mtime)
    age = timedelta(seconds=clock.now().timestamp() - newest.stat().st_mtime)
    what = f"{len(backups)}, the newest {hours(age)} old"
    if age > OLDEST_BACKUP:
        yield Finding(FAULT, "backups", what, f"{FLASK} backup, then see in the log why no night wrote one")
    else:
        yield Finding(WELL, "backups", what)


def ask_database(settings, ask):
    """What *ask()* returns; None if there is no database, because opening one would create it."""
    if not (settings.data_dir / database.FILE_NAME).exists():
        return None
    with connected():
        return ask()


def size(path):
    return path.stat().st_size if path.exists() else 0
