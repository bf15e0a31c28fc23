"""Indexes of the few rows that have crashed their consumer, for which every claim looks."""


def up(_migrator, db):
    for table in "task", "mail":
        db.execute_sql(
            f'CREATE INDEX "{table}_crashed" ON "{table}" ("state", "run_after") WHERE crash_count > 0'
        )
