"""An index by which the newest tasks of a state are found, however many have ended."""


def up(_migrator, db):
    db.execute_sql('CREATE INDEX "task_state_created_at" ON "task" ("state", "created_at")')
