"""Read by gunicorn however it is started: its log has our format, and it says when it hangs up."""

from gunicorn.glogging import Logger

from microblog.base import logs
from microblog.base.config import Settings


class logger_class(Logger):  # noqa: N801 - gunicorn's setting
    def setup(self, cfg):
        super().setup(cfg)
        logs.begin(Settings.load())


def pre_request(worker, req):
    """
    Announce that the connection closes after a body that is too large.

    The app refuses it unread. gunicorn then closes the connection, because it skips no more than 64 KiB, but
    has promised to keep it; a ``Connection`` header of the app's it ignores.
    """
    # gunicorn has refused a length that is no number, and a second one.
    if int(dict(req.headers).get("CONTENT-LENGTH", 0)) >= worker.wsgi.config["MAX_CONTENT_LENGTH"]:
        req.force_close()
