"""
Addresses are compared by the IDNA form of their domain, where case folding made one domain of two.

Only addresses beyond ASCII get another key. Mails that somebody requested by address carry it as well.
"""

from microblog.base.addresses import email_key

BEYOND_ASCII = "SELECT id, email, email_key FROM user WHERE email GLOB '*[^ -~]*'"


def up(_migrator, db):
    for user_id, email, former in db.execute_sql(BEYOND_ASCII).fetchall():
        key = email_key(email)
        db.execute_sql("UPDATE user SET email_key = ? WHERE id = ?", (key, user_id))
        db.execute_sql("UPDATE mail SET recipient = ? WHERE recipient = ? AND user_id IS NULL", (key, former))
