"""Sends the files of an export to its owner, for pages and for the API."""

import os

from flask import request, send_file
from werkzeug.wsgi import wrap_file

from microblog.exports import archive
from microblog.security import security_log


def send_posts(task):
    """A response with posts.json of *task*, or the requested range of it; None when there is no file."""
    return _send(task, task.file, "application/json", "posts.json")


def send_archive(task):
    """A response with the archive of *task*, or the requested range of it; None when there is none."""
    name = f"microblog-{task.user.username}-{task.created_at:%Y-%m-%d}.zip"
    return _send(task, archive.zip_beside(task.file), "application/zip", name, file="archive")


def _send(task, path, media_type, name, **facts):
    """Logged as a security event only if something is sent: not if the browser already has the file."""
    if not task.file_expires_at:
        return None
    try:
        response = send_file(
            path,
            mimetype=media_type,
            as_attachment=True,
            download_name=name,
            etag=f"{task.id}-{task.attempts}{path.suffix}",
        )
        if response.status_code == 206:
            _send_without_thread(response, path)
    except FileNotFoundError:
        # It has been withdrawn at this very moment.
        return None
    if request.method == "GET" and response.status_code in (200, 206):
        security_log.record("export-downloaded", task.user, task=task.id, **facts)
    return response


def _send_without_thread(response, path):
    """Give the web server the part that is asked for as a file: Werkzeug would feed it piece by piece."""
    asked = response.content_range
    response.response.close()
    response.response = wrap_file(request.environ, FilePart(path.open("rb"), asked.start, asked.stop))


class FilePart:
    """The bytes from *start* to before *stop* of a binary *file*, as a file of their own."""

    def __init__(self, file, start, stop):
        self.file = file
        self.start = start
        self.stop = stop
        self.seek(0)

    def seekable(self):
        return True

    def seek(self, offset, whence=os.SEEK_SET):
        origin = {os.SEEK_SET: self.start, os.SEEK_CUR: self.file.tell(), os.SEEK_END: self.stop}[whence]
        return self.file.seek(origin + offset) - self.start

    def tell(self):
        return self.file.tell() - self.start

    def read(self, size=-1):
        left = max(0, self.stop - self.file.tell())
        return self.file.read(left if size < 0 else min(size, left))

    def close(self):
        self.file.close()
