"""What the site says of itself: a page for people, and a file for the browsers that install it as an app."""

from flask import Blueprint, current_app, render_template, url_for

from microblog.web import site

bp = Blueprint("site", __name__)

FRESH_S = 3600
# The colour of the paper in light mode.
PAPER = "#f5f9f7"
ICONS = (
    ("icon.svg", "any", "image/svg+xml", "any"),
    ("icons/192.png", "192x192", "image/png", "any"),
    ("icons/512.png", "512x512", "image/png", "any"),
    ("icons/512-maskable.png", "512x512", "image/png", "maskable"),
)


@bp.get("/about")
def about():
    return render_template("site/about.html")


@bp.get("/manifest.webmanifest")
def manifest():
    response = current_app.json.response(_manifest(site.current()))
    response.mimetype = "application/manifest+json"
    response.cache_control.public = True
    response.cache_control.max_age = FRESH_S
    return response


def _manifest(site):
    return {
        "id": "/",
        "name": site.name,
        "short_name": site.name,
        "description": site.sentence,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [_icon(*icon) for icon in ICONS],
        "share_target": {
            "action": "/",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }


def _icon(filename, sizes, mimetype, purpose):
    address = url_for("static", filename=filename)
    return {"src": address, "sizes": sizes, "type": mimetype, "purpose": purpose}
