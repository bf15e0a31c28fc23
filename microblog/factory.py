"""The app factory and nothing else."""

import os
from dataclasses import asdict

from flask import Flask
from flask_babel import Babel

from microblog import api, cli, exports, views
from microblog.base import cookie_names, database, logs
from microblog.base.config import ROOT, Settings
from microblog.base.i18n import site_languages
from microblog.demo import views as demo
from microblog.imports import jobs as imports
from microblog.mail import delivery, error_mails, link_mails, smtp
from microblog.models.session import LONGEST
from microblog.ops import nightly, sites
from microblog.security.signatures import secret_key
from microblog.tasks import example, progress, reconciler
from microblog.tasks.queue import huey
from microblog.web import (
    assets,
    auth,
    caching,
    csrf,
    errors,
    former_names,
    headers,
    invitations,
    members_only,
    pagination,
    paths,
    presentation,
    rate_limits,
    reader_preferences,
    refusals,
    request_times,
    second_factor,
    site,
    trailing_slash,
    uploads,
)
from microblog.web.compiled_templates import TranslatedEnvironment
from microblog.web.late_rule import LateRule
from microblog.web.proxies import TrustedProxies
from microblog.web.request import Request

LARGEST_BODY_BYTES = 64 * 1024
# Imported because they connect jobs, handlers and the reconciler to the queue, and mails to their texts.
CONNECTED = (delivery, example, exports, imports, link_mails, nightly, progress, reconciler)


def create_app(settings=None):
    """
    The app with everything bound to it.

    Raises:
        BadSettings: naming each setting that cannot be used.
    """
    settings = settings or Settings.load()
    # Whatever our processes write is readable by its owner only.
    os.umask(0o077)
    if not cli.is_asked():  # A command finds out first whether it may.
        sites.prepare(settings)
    app = Flask("microblog", root_path=str(ROOT), static_folder=None)
    app.request_class = Request
    app.url_rule_class = LateRule
    app.jinja_environment = TranslatedEnvironment
    app.ensure_sync = lambda function: function  # Flask asks of each, at each request, whether it is async.
    _configure(app, settings)
    logs.init_app(app)
    error_mails.init_app(app)
    database.init(settings.data_dir)
    database.init_app(app, is_needed=lambda: not caching.without_database())
    huey.init_app(app, settings.queue_url, app.config["SIGNING_KEYS"], settings.data_dir / "run")
    babel = Babel(
        app, locale_selector=site_languages.of_request, timezone_selector=reader_preferences.time_zone
    )
    app.config["SITE_LANGUAGES"] = site_languages.translated(app, babel)
    caching.init_app(app)
    uploads.init_app(app)  # Before csrf, which parses the form.
    csrf.init_app(app)
    auth.login_manager.init_app(app)
    smtp.mail.init_app(app)
    pagination.init_app(app)  # Before the views, whose paths use its converter.
    for part in (
        request_times,
        api,
        assets,
        headers,
        trailing_slash,
        invitations,
        members_only,
        second_factor,
        site,
        paths,
        presentation,
        rate_limits,
        refusals,
        errors,
        views,
        cli,
    ):
        part.init_app(app)
    app.register_blueprint(demo.bp)
    former_names.init_app(app)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)
    return app


class _IPv6Host(str):
    """A trusted host for Werkzeug, which takes what is behind the first colon for a port."""

    def partition(self, _colon):
        return self, "", ""


def _configure(app, settings):
    # The newest key comes last: it signs, and all of them are accepted.
    keys = [*settings.secret_key_fallbacks, secret_key(settings)]
    app.config.update({name.upper(): value for name, value in asdict(settings).items()})
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=keys[-1],
        SIGNING_KEYS=keys,
        COOKIE_PREFIX=cookie_names.prefix(settings),
        SITE_URL=settings.site_url,
        SENDER=settings.sender,
        REGISTRATION=settings.registration or "invite",
        TRUSTED_HOSTS=[_IPv6Host(f"[{host}]") if ":" in host else host for host in settings.trusted_hosts],
        MAX_CONTENT_LENGTH=LARGEST_BODY_BYTES,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "microblog" / "translations"),
        # The session row expires earlier when unused; a cookie that outlives it is worthless.
        REMEMBER_COOKIE_DURATION=LONGEST,
    )
    for name in ("session", "remember"):
        cookie = f"{name.upper()}_COOKIE"
        app.config.update(
            {
                f"{cookie}_NAME": app.config["COOKIE_PREFIX"] + name,
                f"{cookie}_SECURE": settings.https,
                f"{cookie}_HTTPONLY": True,
                f"{cookie}_SAMESITE": "Lax",
            }
        )
