"""Recovery codes: for who has lost the app that shows the codes; each works once, only hashes are stored."""

import secrets

from peewee import CharField, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base.database import BaseModel, db
from microblog.models.second_factor import SecondFactor
from microblog.security.random_secret import hash_of

COUNT = 10
# Nothing that is easily taken for something else on paper.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
# 24 of 32 letters are 120 random bits; from 112 on a fast hash will do (OWASP ASVS 5.0, 6.5.2).
GROUPS, GROUP_LENGTH = 4, 6


class RecoveryCode(BaseModel):
    id = AutoIncrementField()
    factor = ForeignKeyField(SecondFactor, backref="recovery_codes", on_delete="CASCADE")
    code_hash = CharField(64, unique=True)

    @classmethod
    def renew(cls, factor):
        """Make new codes for *factor* in the place of all others; return them: they are not kept."""
        codes = ["-".join(_group() for _ in range(GROUPS)) for _ in range(COUNT)]
        with db.atomic():
            cls.delete().where(cls.factor == factor).execute()
            cls.insert_many([{"factor": factor, "code_hash": _hash_of(code)} for code in codes]).execute()
        return codes

    @classmethod
    def redeem(cls, factor, code):
        """Use up *code*, with or without its hyphens; return whether it was one of *factor*'s."""
        return bool(cls.delete().where(cls.factor == factor, cls.code_hash == _hash_of(code)).execute())


def _group():
    return "".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH))


def _hash_of(code):
    return hash_of(code.replace("-", ""))
