"""The timelines, and writing posts."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.base.i18n import languages
from microblog.base.text import clean
from microblog.models import DeletedPost, OldPermalink, Post, SentForm, User
from microblog.models.exceptions import Blocked, PostGone, SentAlready
from microblog.web import rate_limits
from microblog.web.auth import reader
from microblog.web.forms import PostForm
from microblog.web.pagination import Page, cursor
from microblog.web.post_lists import ConversationPage, newest_posts, posts_page
from microblog.web.seen_posts import Visit
from microblog.web.welcome import people_for

bp = Blueprint("posts", __name__)
# That are remembered of what somebody wrote in.
MOST_LANGUAGES = 3
# Posts that visitors see there.
ON_THE_FRONT = 10


@bp.get("/")
def index():
    """The user's timeline, with what is shared or to be written again in the form; visitors see the site."""
    if current_user.is_authenticated:
        return _home(_begun(_shared()))
    if not User.exists():
        return render_template("sign_in/not_set_up.html")
    if _shared() or not current_app.config["PUBLIC"]:
        # Signing in leads back to what was shared.
        return redirect(url_for("sign_in.login", next=request.full_path if _shared() else None))
    return _front()


@rate_limits.exploring
def _front():
    """What the site is, and the newest that was written."""
    return render_template("posts/front.html", page=Page(newest_posts(ON_THE_FRONT), None, None))


@bp.post("/")
@rate_limits.posting
def create():
    form = PostForm()
    if not form.validate_on_submit():
        return _again(form), 422
    if form.language.data:
        # In which somebody wrote last from this browser, they probably write next.
        session["languages"] = [form.language.data, *_written_in(form.language.data)][:MOST_LANGUAGES]
    written = form.answered
    try:
        with SentForm.once(current_user, form.once.data, "post", str(form.answered), form.post.data):
            written = _written(form).id
    except SentAlready:
        pass  # An answer stands in the conversation of what it answers.
    except PostGone:
        form.post.errors = [_("The post that you answer is not there any more.")]
        return _again(form), 422
    except Blocked:
        form.post.errors = [_("One of you has blocked the other, so you cannot answer.")]
        return _again(form), 403
    # The category tells the script to discard the draft that it kept.
    flash(_("Posted."), "posted")
    if form.reply_to.data:
        return redirect(url_for("posts.show", post_id=written))
    return redirect(url_for("posts.index"))


def _shared():
    """``text``, else ``title``, and ``url``, if it is not in them: the parameters of the manifest."""
    title, text, url = (clean(request.args.get(name, "")) for name in ("title", "text", "url"))
    words = text or title
    return words if url in words else f"{words} {url}".strip()


def _begun(text=""):
    """A form with the deleted post that the address says is to be written again, else with *text*."""
    again = cursor("again")
    post = reader() and again and DeletedPost.to_write_again(reader(), again)
    return PostForm(post=post.body, language=post.language) if post else PostForm(post=text)


def _written(form):
    """The post that *form* has made, an answer if it names what it answers."""
    language = form.language.data or next(iter(_languages(form)), None)
    values = {"author": current_user, "body": form.post.data, "language": language}
    if form.reply_to.data:
        return Post.answer(form.answered, **values)
    return Post.create(**values)


def _again(form):
    """The page with *form*, which has errors: the conversation if it is there, else home."""
    conversation = form.reply_to.data and ConversationPage.around(form.answered)
    return _conversation(conversation, form) if conversation else _home(form)


@bp.get("/explore")
@rate_limits.exploring
def explore():
    """Everybody's posts."""
    return render_template("posts/explore.html", page=posts_page(Post.visible_to(reader())))


@bp.get("/post/<row_id:post_id>")
def show(post_id):
    """The conversation of a post, on the page that holds it: its permalink."""
    if conversation := ConversationPage.around(post_id):
        return _conversation(conversation, _begun())
    if (target := OldPermalink.target(post_id)) and Post.seen_by(reader(), target):
        return redirect(url_for("posts.show", post_id=target), 301)
    return abort(404)


@bp.get("/newer")
def newer():
    """JSON ``text`` of the link to posts newer than the id ``after`` on the home page; empty if none."""
    if not current_user.is_authenticated:
        abort(401)
    most = current_app.config["POSTS_PER_PAGE"]
    count = Post.count_newer(current_user, cursor("after") or 0, most + 1)
    if count > most:
        return {"text": _("More than %(number)d new posts", number=most)}
    return {"text": ngettext("%(num)d new post", "%(num)d new posts", count) if count else ""}


def _home(form):
    timeline = posts_page(Post.timeline(current_user))
    # Nothing that is old already becomes new to somebody who begins to follow people.
    newest = timeline.items[0].id if timeline.items else in_microseconds(clock.now())
    visit = Visit.current(current_user, newest)
    if timeline.newer is None:
        visit.remember()
    return render_template(
        "posts/index.html",
        form=form,
        languages=_languages(form),
        page=timeline,
        visit=visit,
        welcome=people_for(current_user) if timeline.newer is None else None,
    )


def _conversation(found, form):
    return render_template("posts/show.html", found=found, form=form, languages=_languages(form))


def _languages(form):
    """The languages that a post can be written in, as a dictionary, the likeliest first."""
    likely = [form.language.data, *_written_in(), *request.accept_languages.values()]
    return languages.offered([*filter(None, likely)], current_app.config["LANGUAGES"])


def _written_in(but=None):
    """The languages that somebody wrote in from this browser, the last first, without *but*."""
    return [language for language in session.get("languages", []) if language != but]
