"""
Posts from elsewhere: what a file holds is read, shown, and brought here when its user says so.

Read in this order, each file imports only from those before it:

- ``record``: what every reader yields
- ``markup``, ``html_text``, ``xml_items``, ``tars``: what formats are made of
- ``mastodon``, ``x``, ``json_feed``, ``feeds``, ``posts_json``: one reader for each format
- ``sources``: which of them a file is, told by its content
"""
