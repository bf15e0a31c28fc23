"""Sends an export file to its owner, for pages and for the API."""

from flask import request, send_file

from microblog.security import security_log


def send_export(task):
    """
    A response with the file of *task*, or the requested range of it; None when there is no file.

    Logged as a security event only if something is sent: not if the browser already has the file.
    """
    if not task.file_expires_at:
        return None
    try:
        response = send_file(
            task.file,
            mimetype="application/json",
            as_attachment=True,
            download_name="posts.json",
            etag=f"{task.id}-{task.attempts}",
        )
    except FileNotFoundError:
        # It has been withdrawn at this very moment.
        return None
    if request.method == "GET" and response.status_code in (200, 206):
        security_log.record("export-downloaded", task.user, task=task.id)
    return response
