"""
Every mail: its row, its texts, its delivery.

``mail`` holds the row, ``templates`` what each kind of mail says. ``delivery`` is the job that sends one, by
``smtp``, or by ``outbox_files`` where there is no mail server; ``retries`` says when it is tried again.
"""
