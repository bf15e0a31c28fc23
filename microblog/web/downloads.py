"""The file of an export on its way to its owner, for pages and programs alike."""

from flask import request, send_file

from microblog.security import security_log


def send_export(task):
    """
    An answer with the file of *task*, or as much of it as is asked for; None when there is no file.

    The security log tells of it once something is sent: not where the browser has the file already.
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
        # It is taken away in this very moment.
        return None
    if request.method == "GET" and response.status_code in (200, 206):
        security_log.record("export-downloaded", task.user, task=task.id)
    return response
