"""HTTP in, HTTP out: one blueprint per file, for members only unless ``web.members_only`` names the page."""

from werkzeug.utils import find_modules, import_string


def init_app(app):
    for name in find_modules(__name__, include_packages=True, recursive=True):
        app.register_blueprint(import_string(name).bp)
