"""
Posts from elsewhere: what a file holds is read, shown, and brought here when its user says so.

Read in this order, each file imports only from those before it:

- ``record``: what every reader yields
- ``markup``, ``html_text``, ``xml_items``, ``tars``: what formats are made of
- ``mastodon``, ``x``, ``json_feed``, ``feeds``, ``posts_json``, ``own_archive``: one reader for each format
- ``folders``: a folder of an archive
- ``sources``: which of them a file is, told by its content
- ``sorted_records``: the records of a file in a file of their own, sorted by time
- ``posts``, ``profiles``: what is here already, what is written, and how it goes again
- ``import_row``: the row of an import, and what state it is in
- ``jobs``: a file is looked at, its posts are brought, what came is taken away
- ``requests``: what a person asks for, with its limits
"""
