"""Names of browsers, from their User-Agent header."""

from flask_babel import gettext

# Searched in this order: most browsers also claim to be those further down the list.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}


def browser_name(user_agent):
    """Browser and system, such as ``Firefox, Linux``; other programs are named by their first word."""
    names = [
        next((name for mark, name in marks.items() if mark in user_agent), None)
        for marks in (BROWSERS, SYSTEMS)
    ]
    return (
        ", ".join(filter(None, names)) or user_agent.split("/")[0][:40].strip() or gettext("Unknown browser")
    )
