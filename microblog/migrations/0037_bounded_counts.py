"""What pages ask for takes no longer the more people, ended tasks and unread news there are."""

STATEMENTS = [
    'CREATE INDEX "task_cards" ON "task" ("user_id", "finished_at") WHERE ("dismissed_at" IS NULL)',
    'CREATE INDEX "user_admins" ON "user" ("is_admin") WHERE "is_admin"',
    'CREATE INDEX "user_demo_people" ON "user" ("is_demo") WHERE "is_demo"',
    'CREATE INDEX "ticket_kind" ON "ticket" ("kind")',
    # They are made again after the migrations, and count no further than is shown.
    "DROP TRIGGER IF EXISTS news_of_insert_news",
    "DROP TRIGGER IF EXISTS news_of_update_of_read_at_news",
    "DROP TRIGGER IF EXISTS news_of_delete_news",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
