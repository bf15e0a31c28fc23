"""Whether this site's seal vouches for a post that an import has brought."""


def up(_migrator, db):
    db.execute_sql('ALTER TABLE "post" ADD COLUMN "sealed" INTEGER NOT NULL DEFAULT 0')
