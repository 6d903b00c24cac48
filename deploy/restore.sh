#!/bin/sh
# A backup into a new, empty database:  DATABASE_URL=... deploy/restore.sh FILE
#
# It never writes over anything: where there is something already, it stops. Then:
#
#   python -m server migrate   when the code is newer than the backup
#   python -m server doctor    before anything else is started on it
#
# Rehearse it now and then, into a database of its own, with no dispatcher: one would ring phones.
set -eu
. "$(dirname -- "$0")/lib.sh"

[ $# -eq 1 ] && [ -s "$1" ] || die "usage: deploy/restore.sh FILE"
name_database

if [ "$kind" = sqlite ]; then
    [ ! -e "$file" ] || die "$file is there already: nothing was changed"
    cp "$1" "$file"
else
    tables=$(psql -XAtqc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    [ "$tables" = 0 ] || die "the database has $tables tables already: nothing was changed"
    # All of it or nothing.
    pg_restore --single-transaction --exit-on-error --no-owner --no-acl --dbname="$PGDATABASE" "$1"
fi
echo "Restored. Now: python -m server migrate, then python -m server doctor"
