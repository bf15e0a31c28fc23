"""What to do about a database that does not answer, by what SQLite said."""

FLASK = ".venv/bin/flask"
RESTORE = f"{FLASK} restore FILE"
MIGRATE = f"{FLASK} migrate"
BY_WORDS = {
    "malformed": RESTORE,
    "not a database": RESTORE,
    "no such": MIGRATE,
    "locked": "end the other program that has it open: lsof names it",
    "unable to open": "let the user of the site read and write it, if it is a file, and its folder",
}
OTHERWISE = "see whether the disk is sound: dmesg; else " + RESTORE


def advice(error):
    """The remedy for *error*, a PeeweeException."""
    for words, remedy in BY_WORDS.items():
        if words in str(error):
            return remedy
    return OTHERWISE
