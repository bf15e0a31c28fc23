"""What to do about a queue server that takes no messages, by what it said."""

from redis.exceptions import AuthenticationError, NoPermissionError, OutOfMemoryError, ReadOnlyError

BY_KIND = {
    AuthenticationError: "set its password in REDIS_URL: redis://:PASSWORD@…",
    NoPermissionError: "let the user of REDIS_URL run all commands on its server, or name another",
    OutOfMemoryError: "raise maxmemory on that server, or set REDIS_URL to one that no other program fills",
    ReadOnlyError: "set REDIS_URL to the server that this one is a replica of",
}
BY_WORDS = {
    "DB index is out of range": "set REDIS_URL to a database that the server has, such as /0 at its end",
    "MISCONF": "see in the log of that server why it cannot write to its disk",
    "WRONGTYPE": "set REDIS_URL to a database that no other program uses",
}


def advice(error, otherwise):
    """The remedy for *error*, a RedisError; *otherwise* is that for a server that says nothing."""
    for kind, remedy in BY_KIND.items():
        if isinstance(error, kind):
            return remedy
    for words, remedy in BY_WORDS.items():
        if words in str(error):
            return remedy
    return otherwise
