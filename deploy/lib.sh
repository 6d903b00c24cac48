# What backup.sh and restore.sh share: which database, told to PostgreSQL's programs by the environment,
# because arguments can be read by everybody on the machine. Sourced, not run; POSIX sh.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
py=${PYTHON:-"$root/.venv/bin/python"}
umask 077

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# name_database: sets $kind, and $PGHOST and so on or $file, from $DATABASE_URL. Without it PostgreSQL's own
# variables count, as in a container that has no Python.
name_database() {
    if [ -z "${DATABASE_URL:-}" ] && [ -n "${PGDATABASE:-}" ]; then
        kind=postgresql
        return
    fi
    [ -n "${DATABASE_URL:-}" ] || die "DATABASE_URL: must be set"
    named=$(cd "$root" && "$py" - <<'PYTHON'
import os
import shlex

from storage.engine import parse_url

url = parse_url(os.environ["DATABASE_URL"])
if url.get_backend_name() == "sqlite":
    said = {"kind": "sqlite", "file": os.path.abspath(url.database or "")}
else:
    more = {f"PG{name.upper()}": str(value) for name, value in url.query.items()}
    said = {"kind": "postgresql", "PGHOST": url.host, "PGPORT": url.port, **more}
    said |= {"PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
for name, value in said.items():
    if value is not None:
        print(f"export {name}={shlex.quote(str(value))}")
PYTHON
    ) || die "DATABASE_URL: cannot be read"
    eval "$named"
}
