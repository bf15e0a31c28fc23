"""The processes of a site, and what starts, watches and stops them; the app does not know about them."""
