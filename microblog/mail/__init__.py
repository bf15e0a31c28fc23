"""
Every mail: its row, its texts, its delivery.

``mail`` holds the row and the job that sends it, ``templates`` what each kind of mail says, ``smtp`` the
delivery, ``outbox_files`` the files that mails are kept in where there is no mail server.
"""
