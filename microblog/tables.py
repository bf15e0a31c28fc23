"""Every table and trigger in order: for migrations, the backup and the shell, which offers all of them."""

from microblog.imports.import_row import Import
from microblog.mail import mail
from microblog.mail.mail import Mail
from microblog.models import (
    block,
    deleted_post,
    former_name,
    former_post,
    like,
    news,
    people,
    post,
    post_index,
    report,
    thread,
    visible_change,
)
from microblog.models.block import Block
from microblog.models.deleted_post import DeletedPost
from microblog.models.folded_sign import FoldedSign
from microblog.models.former_name import FormerName
from microblog.models.former_post import FormerPost
from microblog.models.invited import Invited
from microblog.models.like import Like
from microblog.models.mention import Mention
from microblog.models.message import Message
from microblog.models.news import NewsItem
from microblog.models.notification import Notification
from microblog.models.old_permalink import OldPermalink
from microblog.models.one_time_token import OneTimeToken
from microblog.models.post import Post
from microblog.models.post_index import PostIndex
from microblog.models.recovery_code import RecoveryCode
from microblog.models.report import Report
from microblog.models.second_factor import SecondFactor
from microblog.models.sent_form import SentForm
from microblog.models.session import Session
from microblog.models.site import Site
from microblog.models.tag import Tag
from microblog.models.thread import Thread
from microblog.models.token import Token
from microblog.models.user import Follow, User
from microblog.models.visible_change import VisibleChange
from microblog.tasks import attempt, task
from microblog.tasks.attempt import Attempt
from microblog.tasks.task import Task

MODELS = [
    User,
    Follow,
    Block,
    Session,
    Post,
    Message,
    Thread,
    SentForm,
    Notification,
    Task,
    Attempt,
    Mail,
    Import,
    OneTimeToken,
    Token,
    FoldedSign,
    PostIndex,
    VisibleChange,
    SecondFactor,
    RecoveryCode,
    FormerPost,
    OldPermalink,
    Invited,
    Mention,
    Tag,
    Site,
    Like,
    NewsItem,
    FormerName,
    Report,
    DeletedPost,
]
# Made after the tables, and again after each migration: rebuilding a table drops its triggers.
TRIGGERS = [
    *block.TRIGGERS,
    *post.TRIGGERS,
    *thread.TRIGGERS,
    *task.TRIGGERS,
    *attempt.TRIGGERS,
    *mail.TRIGGERS,
    *post_index.TRIGGERS,
    *former_post.TRIGGERS,
    *visible_change.TRIGGERS,
    *people.TRIGGERS,
    *like.TRIGGERS,
    *report.TRIGGERS,
    *news.TRIGGERS,
    *former_name.TRIGGERS,
    *deleted_post.TRIGGERS,
]
