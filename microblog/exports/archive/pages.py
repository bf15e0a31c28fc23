"""The archive for people: ``index.html`` with the newest posts, a page for each year, no script."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

from microblog.base.i18n import N_
from microblog.base.identicon import identicon
from microblog.base.rendered_text import linkify
from microblog.exports.archive import names
from microblog.exports.archive.container import Container, Write
from microblog.exports.archive.lines import as_text, column, quoted
from microblog.exports.archive.markup import escaped
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import WRITTEN_AT, Counted, Snapshot

NEWEST = 1000
# What is inside, with the names of the files.
INSIDE = (
    (N_("your posts, to be read in any browser, without the network"), "index.html, pages/"),
    (N_("your posts and your profile as they are stored; a site like this one reads them back"), "data/"),
    (N_("your posts for feed readers: JSON Feed"), names.FEED),
    (
        N_("your posts in the form of a Mastodon archive"),
        f"{names.ACTOR}, {names.OUTBOX}, {names.LIKED}, {names.BOOKMARKS}",
    ),
    (N_("whom you follow, and whom you have blocked"), f"{names.FOLLOWING_CSV}, {names.BLOCKED_CSV}"),
    (N_("your account at this site, your followers, and the same lists with dates"), "record/"),
    (N_("checksums of all files: BagIt"), f"{names.BAG}, {names.MANIFEST}, {names.TAG_MANIFEST}"),
)  # fmt: skip
PRIVATE = (N_("your private messages and your e-mail address, because you asked for them"), names.MESSAGES)
LEFT_OUT = (
    N_("your password, your sessions and the tokens of your programs"),
    N_("the security log"),
    N_("other people's e-mail addresses"),
    N_("drafts, which are in your browser only"),
)
PRIVATE_LEFT_OUT = N_("private messages and your e-mail address, which you did not ask for")
STYLE = Markup(
    ":root{color-scheme:light dark;background:Canvas;color:CanvasText}"
    "body{max-width:40rem;margin:auto;padding:1rem;font:1rem/1.5 sans-serif;"
    "overflow-wrap:anywhere}article{border-top:1px solid;padding:.5rem 0}article p{margin:.25rem 0}"
    "pre{white-space:pre-wrap}.identicon{width:4rem}"
    # Each line has a direction of its own, and marks stay inside their post.
    "[dir],[dir] p{unicode-bidi:plaintext}[dir]{overflow:clip}"
)
HEAD = Markup("""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
{links}</head>
<body>
""")
CHECK = f"sha256sum -c {names.MANIFEST} {names.TAG_MANIFEST}"


class Words(NamedTuple):
    """*translate* returns a text with its values in the *language* of the pages."""

    translate: Callable[..., str]
    language: str


class Pages:
    """All pages of one archive; *messages*: whether these are in it as well."""

    def __init__(self, container: Container, snapshot: Snapshot, site: Site, words: Words, messages: bool):
        self.container, self.snapshot, self.site, self.messages = container, snapshot, site, messages
        self.words = words
        self.years = snapshot.years()
        self.title = f"{snapshot.person.username} · {snapshot.site_name}"
        self.article = article_of(site, self._("an answer"))

    def write(self, counted: Counted) -> None:
        """Write all pages; *counted* counts the posts of those of the years, which are all of them."""
        with self.container.entry(names.INDEX) as write:
            write(self._head(self.title, self._link("next", 0)) + self._introduction())
            write(
                "".join(
                    f"{text}\n" for text, _ in self.snapshot.newest_first(self.article, "\n", most=NEWEST)
                )
            )
            write(f"</main>\n{self._navigation(None)}</body>\n</html>\n")
        for place, (year, _count) in enumerate(self.years):
            with self.container.entry(names.page_of(year)) as write:
                self._write_year(write, place, year, counted)

    def _write_year(self, write: Write, place: int, year: str, counted: Counted) -> None:
        links = self._link("prev", place - 1, "../") + self._link("next", place + 1, "../")
        write(self._head(f"{year} · {self.title}", links))
        name = Markup('<main class="h-feed">\n<h1 class="p-name">{} · {}</h1>\n')
        write(name.format(year, self.snapshot.person.username))
        for text, _ in counted(self.snapshot.newest_first(self.article, "\n", year)):
            write(f"{text}\n")
        write(f"</main>\n{self._navigation(year)}</body>\n</html>\n")

    def _head(self, title: str, links: Markup) -> Markup:
        return HEAD.format(language=self.words.language, title=title, style=STYLE, links=links)

    def _link(self, rel: str, place: int, folder: str = "") -> Markup:
        """The link to the page of a neighbouring year, in the head; nothing where there is none."""
        if not 0 <= place < len(self.years):
            return Markup("")
        return Markup('<link rel="{}" href="{}">\n').format(rel, folder + names.page_of(self.years[place][0]))

    def _navigation(self, year: str | None) -> Markup:
        folder = "../" if year else ""
        items = [Markup('<li><a href="{}">{}</a></li>').format(folder + names.INDEX, self._("Newest posts"))]
        for other, count in self.years:
            current = Markup(' aria-current="page"') if other == year else ""
            address = folder + names.page_of(other)
            items.append(Markup('<li><a href="{}"{}>{}</a> ({})</li>').format(address, current, other, count))
        return Markup('<nav aria-label="{}">\n<ul>\n{}\n</ul>\n</nav>\n').format(
            self._("Years"), Markup("\n").join(items)
        )

    def _about(self, text: str) -> str:
        if not text:
            return ""
        shown = linkify(text, rel="nofollow noreferrer").replace("\n", Markup("<br>"))
        return Markup('<p dir="auto">{}</p>\n').format(shown)

    def _introduction(self) -> Markup:
        person = self.snapshot.person
        inside = [*INSIDE, PRIVATE] if self.messages else INSIDE
        left_out = LEFT_OUT if self.messages else [*LEFT_OUT, PRIVATE_LEFT_OUT]
        return INTRODUCTION.format(
            picture=identicon(person.username),
            username=person.username,
            address=self.site.user_page(person.username),
            about=self._about(person.about_me),
            posts=self._(
                "Posts: %(count)s. On this site since %(day)s.",
                count=self.snapshot.posts,
                day=person.created_at[:10],
            ),
            inside_title=self._("What is in this archive"),
            inside=_list(
                Markup("{} – <code>{}</code>").format(self._(text), files) for text, files in inside
            ),
            left_out_title=self._("What is not in it"),
            left_out=_list(self._(text) for text in left_out),
            check_title=self._("How to check it"),
            check=self._("Unpack it. In its folder this command says OK for every file that is unchanged:"),
            command=CHECK,
            newest_title=self._("Newest posts"),
        )

    def _(self, text: str, **values: object) -> str:
        return self.words.translate(text, **values)


INTRODUCTION = Markup("""<main class="h-feed">
<header>
{picture}
<h1 class="p-name">{username}</h1>
<p><a class="u-url" href="{address}" rel="nofollow noreferrer">{address}</a></p>
{about}<p>{posts}</p>
<h2>{inside_title}</h2>
{inside}
<h2>{left_out_title}</h2>
{left_out}
<h2>{check_title}</h2>
<p>{check}</p>
<pre>{command}</pre>
</header>
<h2>{newest_title}</h2>
""")


def _list(items: Iterable[str]) -> Markup:
    return Markup("<ul>\n{}\n</ul>").format(
        Markup("\n").join(Markup("<li>{}</li>").format(item) for item in items)
    )


def article_of(site: Site, answer: str) -> str:
    """SQL of one post; *answer*: the text of the link to what it answers."""
    written_at = column(WRITTEN_AT)
    shown = column(f"replace(substr({WRITTEN_AT}, 1, 16), 'T', ' ')")
    language = column(f"' lang=\"' || {escaped('language')} || '\"'")
    link = Markup('<a class="u-in-reply-to" href="{}{{}}" rel="nofollow noreferrer">{}</a> ')
    before, after = str(link.format(site.post_page, answer)).split("{}")
    answered = column(
        f"CASE WHEN conversation IS NOT NULL THEN {quoted(before)} || reply_to || {quoted(after)} END"
    )
    return as_text(
        f'<article class="h-entry"{language}>{answered}'
        f'<div class="e-content p-name" dir="auto">{column("html")}</div>'
        f'<a class="u-url" href="{escape(site.post_page)}{column("id")}" rel="nofollow noreferrer">'
        f'<time class="dt-published" datetime="{written_at}">{shown}</time></a></article>'
    )
