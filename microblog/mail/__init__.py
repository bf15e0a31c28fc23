"""
Every mail: its row, its texts, its delivery.

``delivery`` holds the row and the job that sends it, ``templates`` what each kind of mail says, ``smtp`` the
delivery, ``outbox_files`` those that mails are kept in where there is no mail server.
"""
