# Set-up that bin/run, bin/check and bin/test share. Sourced, not run; POSIX sh.
#
# It makes .venv when it is missing or cannot run, installs exactly what the hashed requirements
# say when they changed, and names what is missing when it cannot go on. As root on Debian or
# Ubuntu it installs system packages itself; to everybody else it says the one line to type.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
py="$root/.venv/bin/python"

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# apt_install PACKAGE...: install, asking nobody; false where that is not possible.
apt_install() {
    command -v apt-get >/dev/null 2>&1 && is_root || return 1
    say "Installing with apt: $*"
    apt_try "$@" || { apt-get update -q >/dev/null 2>&1 </dev/null; apt_try "$@"; }
}

apt_try() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
        </dev/null >/dev/null 2>&1
}

# is_good_python COMMAND: it runs, and it is Python 3.11 or newer.
is_good_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# can_make_venv COMMAND: it has venv and the pip that goes into one (Debian packages them apart).
can_make_venv() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

# find_python: sets $python to an interpreter that can make an environment, or ends here.
find_python() {
    for attempt in first second; do
        seen=""
        for python in python3 python3.14 python3.13 python3.12 python3.11; do
            command -v "$python" >/dev/null 2>&1 && is_good_python "$python" || continue
            seen=$python
            can_make_venv "$python" && return 0
        done
        [ "$attempt" = first ] && apt_install python3 python3-venv || break
    done
    if [ -n "$seen" ]; then
        die "$seen has no venv module. On Debian or Ubuntu:  sudo apt-get install python3-venv"
    fi
    die "Python 3.11 or newer is needed. On Debian 12+ or Ubuntu 24.04+:" \
        " sudo apt-get install python3 python3-venv"
}

# stamp FILE: what .venv must have been made from for FILE's packages to be in it.
stamp() {
    { "$py" -c 'import sys; print(sys.version)' && cat "$1"; } | cksum | tr ' ' '-'
}

is_installed() {
    [ "$(cat ".venv/.installed-$1" 2>/dev/null)" = "$(stamp "$1")" ]
}

# install FILE: put FILE's packages into .venv, hashes checked; uv where there is one, else pip.
install() {
    rm -f .venv/.installed-*
    say "Installing $1 (a minute or two the first time)"
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python "$py" --require-hashes -r "$1" </dev/null && return 0
        say "uv did not succeed; trying pip"
    fi
    "$py" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        -r "$1" </dev/null
}

# set_up FILE: afterwards $py has FILE's packages. Two set-ups in one clone wait for each other.
set_up() {
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$root/.set-up.lock" && flock 9
    fi
    if ! is_good_python "$py"; then
        find_python
        rm -rf .venv
        "$python" -m venv .venv || die "Could not make .venv with $python."
    fi
    if ! is_installed "$1"; then
        install "$1" || die "Could not install $1. Is a Python package index reachable?"
        # What the tests need contains what the product needs.
        if [ "$1" = requirements-dev.txt ]; then
            stamp requirements.txt >.venv/.installed-requirements.txt
        fi
        stamp "$1" >".venv/.installed-$1"
    fi
    exec 9>&-
}
