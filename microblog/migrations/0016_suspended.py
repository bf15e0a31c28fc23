"""An index of the few people who are suspended, whose posts each list leaves out."""


def up(_migrator, db):
    db.execute_sql(
        'CREATE INDEX "user_suspended" ON "user" ("suspended_at") WHERE ("suspended_at" IS NOT NULL)'
    )
