"""A request as the app sees it: whatever its headers say, reading them is no error of ours."""

import tempfile

import flask


class Request(flask.Request):
    """
    Flask's, with a header that Werkzeug cannot read taken for one that is not there.

    *file_folder*: where files of a form are written; None where no large ones are expected.
    """

    file_folder = None

    @property
    def authorization(self):
        try:
            return super().authorization
        except ValueError:  # A sign beyond ASCII where Base64 should be.
            return None

    def _get_file_stream(self, total_content_length, *args, **kwargs):
        if self.file_folder is None:
            return super()._get_file_stream(total_content_length, *args, **kwargs)
        # Deleted when it is closed, at the end of the request, or by nightly work after a crash.
        return tempfile.NamedTemporaryFile(dir=self.file_folder, suffix=".part")
