#!/usr/bin/env bash
# Sets Microblog up in .venv and starts it. "run.sh check" checks most of it in two minutes instead, "run.sh
# test" all of it; what follows goes to pytest. Written for bash 3.2, the version that macOS has.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # started by "sh run.sh"
set -eu
umask 077
unset CDPATH PYTHONHOME PYTHONPATH # what is imported is what is installed here
case "${DATA_DIR:-/}" in /* | "~"*) ;; *) export DATA_DIR="$PWD/$DATA_DIR" ;; esac # relative to the caller

main() {
    enter_own_folder
    case "${1:-}" in
        "" | check | test) ;;
        -h | --help | help) usage; exit ;;
        *) fail "unknown argument $1; there is:"$'\n'"$(usage)" ;;
    esac
    make_venv
    install requirements.txt
    compile_translations
    if [ $# = 0 ]; then exec .venv/bin/python -m microblog.server.supervisor; fi
    install requirements-dev.txt
    run_checks "$@"
}

usage() {
    echo "./run.sh                         set up what is missing and start the site"
    echo "./run.sh check [pytest options]  check most of it in two minutes"
    echo "./run.sh test [pytest options]   check all of it"
    echo "Settings are in .env; .env.example names them. The operator's commands: .venv/bin/flask --help"
}

# The folder of this file itself, also when it was started by a link to it.
enter_own_folder() {
    file=${BASH_SOURCE[0]}
    while [ -L "$file" ]; do
        target=$(readlink "$file")
        case "$target" in /*) file=$target ;; *) file=$(dirname "$file")/$target ;; esac
    done
    cd "$(dirname "$file")"
}

fail() {
    echo "microblog: $*" >&2
    exit 1
}

# The commands inside .venv contain the path of its folder, and its packages are for one version of Python on one
# kind of machine: one that was moved or copied, or whose Python was upgraded, is made again, and so is a damaged one.
make_venv() {
    kind=$(kind_of .venv/bin/python) || kind=none
    if [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD $kind" ] && is_whole; then return; fi
    if [ -e .venv ] && [ ! -e .venv/made-in ]; then
        fail "there is a .venv in $PWD that this script has not made: move it away, or start elsewhere"
    fi
    find_python
    rm -rf .venv
    mkdir .venv
    echo "unfinished" >.venv/made-in
    echo "microblog: making .venv with $("$python" -V 2>&1)"
    if ! patiently "$python" -m venv .venv >&2; then
        rm -rf .venv
        advice="see above"
        if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
            advice="on Debian or Ubuntu: apt install python${found%% *}-venv"
        fi
        fail "$python cannot make a virtual environment; $advice"
    fi
    echo "$PWD $found" >.venv/made-in
}

# Sets $python to the first Python that is new enough, and $found to its kind.
find_python() {
    seen=""
    candidates=(python3 python3.14 python3.13 python3.12 python3.11 python)
    if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
    for python in "${candidates[@]}"; do
        if found=$(kind_of "$python"); then return; fi
        if command -v "$python" >/dev/null 2>&1; then seen="$seen $python is $("$python" -V 2>&1 | head -n 1);"; fi
    done
    fail "Python 3.11 or newer is needed; found:${seen:- none}"
}

# kind_of PYTHON: prints its version and platform, if it is new enough.
kind_of() {
    "$1" -c 'import sys, sysconfig
if sys.version_info < (3, 11): sys.exit(1)
print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())' 2>/dev/null
}

# Whether all packages are still there that were after the installation: to import them would double the start.
is_whole() {
    [ -e .venv/installed-packages ] || return 0
    while read -r package; do [ -e "$package" ] || return 1; done <.venv/installed-packages
}

# install FILE: does nothing if the files' checksum is that of the last installation. The stamp is written
# last, so an interrupted installation is done again.
install() {
    stamp=".venv/installed-$1"
    checksum=$(cat requirements*.txt | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$checksum" ]; then return; fi
    echo "microblog: installing $1 (the first time takes about a minute)"
    rm -f .venv/installed-packages
    if ! patiently .venv/bin/python tools/install.py "$1"; then fail "could not install $1 (see above)"; fi
    for package in .venv/lib/python*/site-packages/*; do
        case "$package" in */__pycache__ | *"*") ;; *) echo "$package" ;; esac
    done >.venv/installed-packages
    echo "$checksum" >"$stamp"
}

# Runs a command so that a signal that ends this script ends the command too.
patiently() {
    "$@" &
    child=$!
    trap 'kill "$child" 2>/dev/null; exit 143' TERM INT HUP
    status=0
    wait "$child" || status=$?
    trap - TERM INT HUP
    return "$status"
}

compile_translations() {
    for po in microblog/translations/*/LC_MESSAGES/*.po; do
        if [ -e "$po" ] && [ ! "${po%.po}.mo" -nt "$po" ]; then
            .venv/bin/python -m microblog.base.i18n.catalogues || exit 1
            return
        fi
    done
}

# run_checks check|test [pytest arguments]: does each step, whatever became of those before it, and says at the
# end which ones failed. The tests see neither the values in .env nor the caller's settings: an empty variable
# means "not set", and takes precedence over the file.
run_checks() {
    for name in $(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' .env.example); do export "$name="; done
    unset PYTHONDONTWRITEBYTECODE # compiled anew by each of hundreds of processes, the code takes a minute more
    again="those again: ./run.sh $1 --last-failed"
    # Four at a time, because the long tests wait for processes; "-n 0" runs them one after the other.
    options="-n 4"
    if [ "$1" = check ]; then options="-n 2 --ignore=tests/end_to_end --ignore=tests/attacks"; fi
    shift
    failed=""
    if [ ! -e tests/__pycache__ ]; then # a new clone: else each of the processes would compile all tests
        # shellcheck disable=SC2086
        .venv/bin/python -m pytest $options --collect-only -q "$@" >/dev/null 2>&1 &
    fi
    step format "run: .venv/bin/ruff format ." .venv/bin/python -m ruff format --check .
    step lint "try: .venv/bin/ruff check --fix ." .venv/bin/python -m ruff check .
    step layers "they are in pyproject.toml; again: .venv/bin/lint-imports" .venv/bin/lint-imports
    step types "they are in pyproject.toml; again: .venv/bin/mypy" .venv/bin/python -m mypy
    wait
    # shellcheck disable=SC2086
    step tests "$again" .venv/bin/python -m pytest $options --dist worksteal "$@"
    printf %s "$failed" >&2
    [ -z "$failed" ]
}

# step NAME ADVICE COMMAND…: adds a line to $failed if the command fails.
step() {
    line="microblog: failed: $1 ($2)"
    shift 2
    "$@" || failed="$failed$line
"
}

main "$@"
