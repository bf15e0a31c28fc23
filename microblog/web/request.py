"""A request as the app sees it: whatever its headers say, reading them is no error of ours."""

import flask


class Request(flask.Request):
    """Flask's, with a header that Werkzeug cannot read taken for one that is not there."""

    @property
    def authorization(self):
        try:
            return super().authorization
        except ValueError:  # A sign beyond ASCII where Base64 should be.
            return None
