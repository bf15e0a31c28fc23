"""Read by gunicorn however it is started: makes it log in the same format as everything else."""

from gunicorn.glogging import Logger

from microblog import logs
from microblog.config import Settings


class logger_class(Logger):  # noqa: N801 - gunicorn's setting
    def setup(self, cfg):
        super().setup(cfg)
        logs.begin(Settings.load())
