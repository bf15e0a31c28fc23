"""The files of an archive, by their exact names: nothing else belongs in it."""

import re

POSTS, PROFILE, ABOUT = "data/posts.json", "data/profile.json", "data/about.json"
ACCOUNT, FOLLOWING, FOLLOWERS = "record/account.json", "record/following.json", "record/followers.json"
BLOCKS, LIKES, REPORTS = "record/blocks.json", "record/likes.json", "record/reports.json"
MESSAGES = "record/messages.json"
BAG, BAG_INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAG_MANIFEST, SEAL = "manifest-sha256.txt", "tagmanifest-sha256.txt", "seal.txt"
INDEX, FEED, AVATAR = "index.html", "feed.json", "avatar.svg"
ACTOR, OUTBOX, LIKED, BOOKMARKS = "actor.json", "outbox.json", "likes.json", "bookmarks.json"
FOLLOWING_CSV, BLOCKED_CSV = "following_accounts.csv", "blocked_accounts.csv"

PAYLOAD = frozenset({POSTS, PROFILE, ABOUT})
BAG_FILES = frozenset({BAG, BAG_INFO, MANIFEST})
UNLISTED = frozenset({TAG_MANIFEST, SEAL})
# Messages are in it if asked for; earlier archives have no reports.
OPTIONAL = frozenset({MESSAGES, REPORTS})
REQUIRED = frozenset(
    {
        *(ACCOUNT, FOLLOWING, FOLLOWERS, BLOCKS, LIKES),
        *(INDEX, FEED, AVATAR, ACTOR, OUTBOX, LIKED, BOOKMARKS, FOLLOWING_CSV, BLOCKED_CSV),
        *PAYLOAD,
        *BAG_FILES,
        *UNLISTED,
    }
)
YEAR = re.compile(r"pages/\d{4}\.html", re.ASCII)


def page_of(year: str) -> str:
    """The page with the posts of *year*, a text of four digits."""
    return f"pages/{year}.html"


def is_known(name: str) -> bool:
    """Whether a file of this name may be in an archive."""
    return name in REQUIRED or name in OPTIONAL or YEAR.fullmatch(name) is not None
