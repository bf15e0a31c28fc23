#!/usr/bin/env bash
# Sets Microblog up in .venv and starts it. "run.sh check" checks most of it in a minute instead, "run.sh test"
# all of it; what follows goes to pytest. Written for bash 3.2, the version that macOS has.
set -eu
umask 077
unset CDPATH
case "${DATA_DIR:-/}" in /* | "~"*) ;; *) export DATA_DIR="$PWD/$DATA_DIR" ;; esac # relative to the caller
cd "$(dirname "${BASH_SOURCE[0]}")"

main() {
    case "${1:-}" in
        "" | check | test) ;;
        *) fail "unknown argument $1; there is: ./run.sh, ./run.sh check [pytest arguments], ./run.sh test [pytest arguments]" ;;
    esac
    make_venv
    install requirements.txt
    compile_translations
    if [ $# = 0 ]; then exec .venv/bin/python -m microblog.server.supervisor; fi
    install requirements-dev.txt
    run_checks "$@"
}

fail() {
    echo "microblog: $*" >&2
    exit 1
}

# The commands inside .venv contain the path of its folder: a moved or copied one is made again.
make_venv() {
    if is_new_enough .venv/bin/python && [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ]; then return; fi
    find_python
    rm -rf .venv
    echo "microblog: making .venv with $("$python" -V 2>&1)"
    if ! patiently "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "$python cannot make a virtual environment; on Debian or Ubuntu: apt install python$version-venv"
    fi
    pwd >.venv/made-in
}

# Sets $python to the first Python that is new enough.
find_python() {
    seen=""
    candidates=(python3 python3.14 python3.13 python3.12 python3.11 python)
    if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
    for python in "${candidates[@]}"; do
        if is_new_enough "$python"; then return; fi
        if command -v "$python" >/dev/null 2>&1; then seen="$seen $python is $("$python" -V 2>&1 | head -n 1);"; fi
    done
    fail "Python 3.11 or newer is needed; found:${seen:- none}"
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# install FILE: does nothing if the files' checksum is that of the last installation. The stamp is written
# last, so an interrupted installation is done again.
install() {
    stamp=".venv/installed-$1"
    checksum=$(cat requirements*.txt | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$checksum" ]; then return; fi
    echo "microblog: installing $1 (the first time takes about a minute)"
    if ! patiently .venv/bin/python -m pip install -qq --disable-pip-version-check \
        --no-input --prefer-binary --require-hashes --requirement "$1"; then
        fail "could not install $1 (see above); is there a network?"
    fi
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
    without=""
    if [ "$1" = check ]; then without="--ignore=tests/end_to_end --ignore=tests/attacks"; fi
    shift
    failed=""
    step format "run: .venv/bin/ruff format ." .venv/bin/python -m ruff format --check .
    step lint "try: .venv/bin/ruff check --fix ." .venv/bin/python -m ruff check .
    step layers "they are in pyproject.toml; again: .venv/bin/lint-imports" .venv/bin/lint-imports
    # Five at a time, because the long tests wait for processes; "-n 0" runs them one after the other.
    # shellcheck disable=SC2086
    step tests "$again" .venv/bin/python -m pytest -n 5 --dist worksteal $without "$@"
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
