"""Deployment files, which only other programs read: they start the same commands as run.sh."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from microblog.base.config import Settings
from microblog.factory import LARGEST_BODY_BYTES
from microblog.server import http_connection, http_request, http_server, queue_server
from microblog.web import uploads

ROOT = Path(__file__).parent.parent
HOME = "/srv/microblog/app"  # Where units and documentation have the repository.
UNITS = {path.name: path.read_text() for path in sorted((ROOT / "deploy" / "systemd").glob("*.service"))}
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
# None but these start a part themselves: web server and worker have their options from command_lines.
PART = re.compile(r"python -m microblog (web|worker)$")
MIGRATE = "flask migrate"


def setting_of(unit, name):
    """The values of all lines *name* in *unit*, in their order."""
    return re.findall(rf"^{name}=(.*)$", UNITS[unit], re.MULTILINE)


def supervised(option="command"):
    reader = configparser.ConfigParser(inline_comment_prefixes=";", interpolation=None)
    reader.read(ROOT / "deploy" / "supervisor.conf")
    return reader["program:microblog"][option]


def started():
    """Each command line that starts a part of the site, by the file that has it."""
    found = {f"{unit} {line}": line for unit in UNITS for line in setting_of(unit, "ExecStart")}
    for name, line in re.findall(r"^(\w+): (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE):
        found[f"Procfile {name}"] = line
    [image] = re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    *_, found["Dockerfile"] = json.loads(image)
    for name, service in COMPOSE["services"].items():
        if "command" in service:
            found[f"compose.yaml {name}"] = service["command"]
    return found | {"supervisor.conf": supervised()}


@pytest.mark.parametrize("line", started().values(), ids=started())
def test_whatever_starts_the_site_leaves_the_options_to_it(line):
    parts = PART.search(line), line == f"{HOME}/run.sh", re.search(r"(redis|valkey)-server ", line)

    assert any(parts)
    assert not re.search("waitress|huey_consumer", line)


def test_every_way_of_starting_parts_starts_both():
    ways = {part: set() for part in ("web", "worker")}
    for where, line in started().items():
        if part := PART.search(line):
            ways[part[1]].add(where.split()[0].split(".")[0].partition("-")[0])

    assert ways["web"] == {"Dockerfile", "Procfile", "microblog"}
    assert ways["worker"] == {"compose", "Procfile", "microblog"}


def test_no_web_server_starts_on_a_database_that_was_not_brought_up_to_date():
    before = setting_of("microblog-web.service", "ExecStartPre")

    assert [line.removeprefix(f"{HOME}/.venv/bin/") for line in before] == [MIGRATE]
    for where, line in started().items():
        if line.endswith("microblog web") and not where.startswith("microblog-web.service"):
            assert line.startswith(f"{MIGRATE} && exec ")


@pytest.mark.parametrize("unit", ["microblog-web.service", "microblog-worker@.service"])
def test_the_site_goes_on_without_the_unit_of_its_queue(unit):
    for strict in ("Requires", "BindsTo", "PartOf", "Requisite"):
        assert setting_of(unit, strict) == []
    assert "microblog-queue.service" in setting_of(unit, "Wants")[0].split()


def test_what_units_name_is_there():
    named = {
        path for text in (*UNITS.values(), supervised()) for path in re.findall(rf"{HOME}/([\w./]*\w)", text)
    }
    commands = {path for path in named if path.startswith(".venv/bin/")}

    assert commands == {".venv/bin/flask", ".venv/bin/python"}
    for path in commands:
        assert Path(sys.executable).with_name(Path(path).name).exists()
    for path in named - commands - {".env"}:
        assert (ROOT / path).exists(), path


def test_every_queue_server_has_the_options_of_our_own():
    ours = _options(queue_server.command(Settings(), Path("/run/queue.sock")))
    [unit] = setting_of("microblog-queue.service", "ExecStart")
    container = COMPOSE["services"]["queue"]["command"]
    places = {"--unixsocket", "--dir"}
    # It has a network and a disk of its own, and is asked by name.
    reach = {*places, "--port", "--unixsocketperm", "--loglevel"}

    assert _without(places, _options(shlex.split(unit))) == _without(places, ours)
    assert _options(shlex.split(container)) == _without(reach, ours)


def test_no_log_that_others_keep_grows_for_ever():
    megabytes = int(supervised("stdout_logfile_maxbytes").removesuffix("MB"))
    assert 1 <= megabytes * (1 + int(supervised("stdout_logfile_backups"))) <= 100
    for name, service in COMPOSE["services"].items():
        # Docker's own format, json-file, has no limit by default; this one has.
        assert service["logging"] == {"driver": "local"}, name


def test_the_env_file_of_containers_is_a_list():
    """An optional one is a mapping, which compose accepts only inside a list."""
    for name in ("web", "worker"):
        assert COMPOSE["services"][name]["env_file"] == [{"path": ".env", "required": False}]


def test_three_terminals_find_each_other():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    [(queue, worker, web)] = re.findall(r"```sh\n(.*)\n(.*)\n(.*)\n```", text)
    [url] = re.findall("REDIS_URL=([^`]+)", text)
    [port] = re.findall(r"flask run .*--port (\d+)", text)

    assert [PART.search(line)[1] for line in (worker, web)] == ["worker", "web"]
    assert worker.startswith(f".venv/bin/{MIGRATE} && ")
    assert urlsplit(url).port == int(queue.rpartition(" --port ")[2])
    assert int(port) == Settings().port
    for command in re.findall(r"\.venv/bin/([\w-]+)", "\n".join([queue, worker, web])):
        assert Path(sys.executable).with_name(command).exists()


def test_the_proxies_give_no_client_more_time_than_the_site_does():
    caddy = dict(
        re.findall(r"^\t+(read_header) (\d+)s$", (ROOT / "deploy" / "Caddyfile").read_text(), re.MULTILINE)
    )
    nginx = dict(re.findall(r"^ +client_(header|body)_timeout (\d+)s;$", NGINX, re.MULTILINE))

    assert set(caddy) == {"read_header"}
    assert set(nginx) == {"header", "body"}
    for seconds in (*caddy.values(), *nginx.values()):
        assert 5 <= int(seconds) <= http_connection.READ_S


def test_nginx_counts_the_connections_of_each_address_and_lets_no_larger_body_in_than_it_must():
    [zone] = re.findall(r"^limit_conn_zone \$binary_remote_addr zone=(\w+):\w+;$", NGINX, re.MULTILINE)
    [(used, most)] = re.findall(r"^ +limit_conn (\w+) (\d+);$", NGINX, re.MULTILINE)
    [kilobytes] = re.findall(r"^ +client_max_body_size (\d+)k;$", NGINX, re.MULTILINE)

    assert used == zone
    assert int(most) < http_server.MOST_CONNECTIONS
    # The site's own words are for bodies a little too large; far larger ones need not reach it.
    assert LARGEST_BODY_BYTES < int(kilobytes) * 1024 <= 2 * LARGEST_BODY_BYTES


def test_the_proxies_let_the_file_of_an_import_through_and_let_the_site_see_first_who_sends_it():
    most = uploads.OTHER_BYTES + Settings().import_max_bytes
    places = re.findall(r"^    location (\S.*?) {\n(.*?)^    }", NGINX, re.MULTILINE | re.DOTALL)
    [(pattern, there)] = [(place, text) for place, text in places if place != "/"]
    [hours] = re.findall(r"^\t+read_body (\d+)h$", (ROOT / "deploy" / "Caddyfile").read_text(), re.MULTILINE)
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", there)

    assert all(re.search(pattern.removeprefix("~ "), path) for path in uploads.PATHS)
    assert not any(re.search(pattern.removeprefix("~ "), path) for path in ("/", "/imports/1", "/x/imports"))
    assert most < int(megabytes) * 1024**2 < most + 2 * 1024**2
    assert most / http_request.SLOWEST_UPLOAD < int(hours) * 3600
    # A client that is slow is the site's to deal with there, and nowhere else.
    assert re.findall(r"^.*_buffering +off", NGINX, re.MULTILINE) == ["        proxy_request_buffering off"]
    assert "proxy_request_buffering off;" in there


if systemd_analyze := shutil.which("systemd-analyze"):

    def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
        litestream = (ROOT / "deploy" / "litestream.service").read_text()
        for name, text in {**UNITS, "microblog-litestream.service": litestream}.items():
            # Programs that are not installed here would be reported as missing.
            text = re.sub(r"(?<==)/srv/microblog/\S+|/usr/bin/redis-server", "/bin/true", text)
            (tmp_path / name).write_text(text.replace(HOME, str(tmp_path)))

        units = [tmp_path / name.replace("@.", "@1.") for name in (*UNITS, "microblog-litestream.service")]
        (tmp_path / "microblog-worker@1.service").symlink_to(tmp_path / "microblog-worker@.service")
        response = subprocess.run([systemd_analyze, "verify", *units], capture_output=True, text=True)

        # It checks units of this machine as well.
        assert [line for line in response.stderr.splitlines() if "microblog" in line] == []


def _options(words):
    """The options of a queue server: values by name."""
    return dict(zip(words[1::2], words[2::2], strict=True))


def _without(names, options):
    return {name: value for name, value in options.items() if name not in names}
