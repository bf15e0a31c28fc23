"""What gunicorn reads by itself, however it is started: its own lines are written as all others are."""

from gunicorn.glogging import Logger

from microblog import logs
from microblog.config import Settings


class logger_class(Logger):  # noqa: N801 - gunicorn's setting
    def setup(self, cfg):
        super().setup(cfg)
        logs.begin(Settings.load())
