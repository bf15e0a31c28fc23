"""An index of the imports that have begun and not ended: they are looked for every ten seconds."""


def up(_migrator, db):
    db.execute_sql('CREATE INDEX "import_begun" ON "import" ("id") WHERE done > 0 AND brought_at IS NULL')
