"""Addresses at which people and programs look for what stands elsewhere, by custom or since it moved."""

from flask import Blueprint, url_for

from microblog.web.redirects import onwards

bp = Blueprint("usual_paths", __name__)

# Where each leads: an endpoint and its values. Only what never moves may be remembered by a browser.
MOVED, FOUND = 308, 302
LEADS = {
    "/index": (MOVED, "posts.index", {}),
    "/feed": (MOVED, "feeds.index", {"kind": "atom"}),
    "/user/<username>/feed": (MOVED, "feeds.show", {"kind": "atom"}),
    "/tag/<word>/feed": (MOVED, "feeds.tagged", {"kind": "atom"}),
    # https://www.w3.org/TR/change-password-url/
    "/.well-known/change-password": (FOUND, "password_change.edit", {}),
    "/settings": (FOUND, "users.edit", {}),
    "/edit_profile": (MOVED, "users.edit", {}),
    "/account": (MOVED, "account.index", {}),
    "/account/tokens": (MOVED, "tokens.index", {}),
    "/blocks": (MOVED, "blocks.index", {}),
    "/preferences": (MOVED, "preferences.edit", {}),
    "/favicon.ico": (FOUND, "static", {"filename": "icons/192.png"}),
    "/apple-touch-icon.png": (FOUND, "static", {"filename": "icons/180.png"}),
}


def _lead(code, endpoint, fixed):
    return lambda **values: onwards(url_for(endpoint, **values, **fixed), code)


for _path, _lead_to in LEADS.items():
    bp.add_url_rule(_path, endpoint=_path.strip("/").replace(".", "_"), view_func=_lead(*_lead_to))
