"""
Every mail: its row, its texts, its delivery.

``mail`` holds the row. ``delivery`` is the job that sends one, by ``smtp``, or by ``outbox_files`` where
there is no mail server; ``retries`` says when it is tried again. ``templates`` renders what a kind of mail
says; the kinds are in ``link_mails``, ``account_notices``, ``error_mails``, and beside what others are about.
"""
