"""The security log in sentences, for the administrator's page; the file itself keeps names and facts."""

from collections import defaultdict

from flask_babel import gettext

from microblog.base.i18n import N_
from microblog.security.security_log import OPERATOR

# What somebody did; where another does it to them, or for them, the sentence is in BY.
SENTENCES = {
    "access-refused": N_("%(who)s was refused a page or an act (%(door)s)"),
    "account-deleted": N_("%(who)s deleted their account"),
    "confirmation-asked": N_("%(who)s asked for another mail to confirm their address"),
    "demo-people-added": N_("%(who)s added the demo people"),
    "demo-people-removed": N_("%(who)s removed the demo people"),
    "email-change-asked": N_("%(who)s asked for another e-mail address"),
    "email-changed": N_("%(who)s has another e-mail address"),
    "email-confirmed": N_("%(who)s confirmed their e-mail address"),
    "export-asked": N_("%(who)s asked for an export"),
    "export-deleted": N_("%(who)s deleted the file of an export"),
    "export-downloaded": N_("%(who)s downloaded an export"),
    "failures-discarded": N_("%(who)s discarded failures: %(count)s of %(kind)s"),
    "failures-tried-again": N_("%(who)s tried failures again: %(count)s of %(kind)s"),
    "import-asked": N_("%(who)s sent a file of posts"),
    "import-cancelled": N_("%(who)s cancelled an import"),
    "import-confirmed": N_("%(who)s began an import"),
    "import-undone": N_("%(who)s undid an import"),
    "invitation-withdrawn": N_("%(who)s withdrew an invitation"),
    "invited": N_("%(who)s made an invitation"),
    "leaving-out": N_("Further lines of today are left out: %(event)s by %(who)s"),
    "left-out": N_("%(number)s lines are left out: %(event)s by %(who)s"),
    "limit-hit": N_("%(who)s met a limit: %(limit)s"),
    "made-administrator": N_("%(who)s became an administrator"),
    "mail-read": N_("%(who)s read a mail in the outbox"),
    "nightly-launched": N_("%(who)s had the nightly work run"),
    "oldest-sessions-ended": N_("%(who)s signed in once more than is kept, and the oldest sign-ins ended"),
    "other-sessions-ended": N_("%(who)s signed out every other browser"),
    "password-changed": N_("%(who)s changed their password"),
    "password-check-failed": N_("%(who)s mistyped their password"),
    "password-confirmed": N_("%(who)s confirmed their password"),
    "password-reset": N_("%(who)s set a new password by a mailed link"),
    "post-deleted": N_("%(who)s deleted a post"),
    "post-put-back": N_("%(who)s had a deleted post back"),
    "posts-deletion-asked": N_("%(who)s asked to delete all their posts"),
    "posts-deletion-undone": N_("%(who)s asked to have deleted posts back"),
    "recovery-code-used": N_("%(who)s signed in by a recovery code; left: %(left)s"),
    "recovery-codes-made": N_("%(who)s made new recovery codes"),
    "registered": N_("%(who)s registered"),
    "renamed": N_("%(who)s is called %(to)s now"),
    "reports-done": N_("%(who)s saw to reports"),
    "reset-asked": N_("%(who)s asked for a link to a new password"),
    "restored": N_("%(who)s was restored"),
    "second-factor-failed": N_("%(who)s gave a wrong code"),
    "second-factor-off": N_("%(who)s switched the second factor off"),
    "second-factor-on": N_("%(who)s switched a second factor on"),
    "second-factor-reset": N_("The second factor of %(who)s was taken away"),
    "session-ended": N_("%(who)s signed out a browser"),
    "sessions-ended": N_("%(who)s was signed out everywhere"),
    "set-up": N_("%(who)s set up the site"),
    "sign-in": N_("%(who)s signed in"),
    "sign-in-failed": N_("%(who)s failed to sign in"),
    "sign-in-refused": N_("%(who)s was not let in (%(reason)s)"),
    "sign-out": N_("%(who)s signed out"),
    "suspended": N_("%(who)s was suspended"),
    "task-cancelled": N_("%(who)s cancelled %(task)s"),
    "task-retried": N_("%(who)s tried %(task)s again"),
    "token-ended": N_("%(who)s ended a token"),
    "token-made": N_("%(who)s made a token"),
    "work-held": N_("%(who)s held new work"),
    "work-resumed": N_("%(who)s let work go on"),
}
BY = {
    "account-deleted": N_("%(by)s deleted the account of %(who)s"),
    "export-asked": N_("%(by)s wrote an export for %(who)s"),
    "import-cancelled": N_("%(by)s cancelled an import of %(who)s"),
    "import-confirmed": N_("%(by)s began an import for %(who)s"),
    "import-undone": N_("%(by)s undid an import of %(who)s"),
    "invitation-withdrawn": N_("%(by)s withdrew an invitation of %(who)s"),
    "made-administrator": N_("%(by)s made %(who)s an administrator"),
    "mail-read": N_("%(by)s read a mail to %(who)s in the outbox"),
    "password-changed": N_("%(by)s set a new password for %(who)s"),
    "password-reset": N_("%(by)s set a new password for %(who)s"),
    "post-deleted": N_("%(by)s deleted a post of %(who)s"),
    "post-put-back": N_("%(by)s put back a post of %(who)s"),
    "registered": N_("%(by)s made an account for %(who)s"),
    "reports-done": N_("%(by)s saw to reports about a post of %(who)s"),
    "restored": N_("%(by)s restored %(who)s"),
    "second-factor-reset": N_("%(by)s took away the second factor of %(who)s"),
    "sessions-ended": N_("%(by)s signed %(who)s out everywhere"),
    "suspended": N_("%(by)s suspended %(who)s"),
    "task-cancelled": N_("%(by)s cancelled %(task)s of %(who)s"),
    "task-retried": N_("%(by)s tried %(task)s of %(who)s again"),
}
# Kinds of tasks.
TASKS = {
    "delete_posts": N_("a deletion of posts"),
    "export_posts": N_("an export"),
    "import_posts": N_("an import"),
    "preview_import": N_("the look at a file"),
    "undo_import": N_("the undoing of an import"),
}


def sentence(event):
    """What happened, a sentence; the line itself of an event that has none."""
    facts = event.facts
    other = facts.get("by") if facts.get("user") else None
    text = (BY.get(event.name) if other else None) or SENTENCES.get(event.name)
    return gettext(text) % _words(facts) if text else event.text


def _words(facts):
    words = defaultdict(lambda: "–", facts)
    words["by"] = _person(facts.get("by"))
    words["who"] = _person(facts.get("user") or facts.get("by"))
    words["task"] = gettext(TASKS.get(facts.get("kind"), N_("a task")))
    return words


def _person(name):
    if name == OPERATOR:
        return gettext("Whoever runs the server")
    return name or gettext("Somebody")
