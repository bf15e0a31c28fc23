"""One noun a file; each may use those it points to."""

from microblog.models.block import Block
from microblog.models.conversation import Conversation
from microblog.models.deleted_post import DeletedPost
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
