#!/bin/sh
# A backup while everything runs:  deploy/backup.sh FOLDER
#
# Makes FOLDER/alongside-<moment>.dump (PostgreSQL) or .sqlite3, reads it once to see that it is whole,
# and deletes those older than BACKUP_KEPT_DAYS (14). The database is DATABASE_URL. Personal data is
# in it: keep it as you keep the database, and somewhere else.
set -eu
. "$(dirname -- "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: deploy/backup.sh FOLDER"
mkdir -p "$1"
folder=$(CDPATH='' cd -- "$1" && pwd)
name_database
moment=$(date -u +%Y%m%dT%H%M%SZ)

if [ "$kind" = sqlite ]; then
    made="$folder/alongside-$moment.sqlite3"
    "$py" - "$file" "$made.part" <<'PYTHON'
import sqlite3
import sys

there, here = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(sys.argv[2])
there.backup(here)
found = here.execute("PRAGMA integrity_check").fetchone()[0]
here.close()
sys.exit(None if found == "ok" else found)
PYTHON
else
    made="$folder/alongside-$moment.dump"
    pg_dump --format=custom --no-owner --no-acl --file="$made.part"
    pg_restore --file=/dev/null "$made.part"
fi
mv "$made.part" "$made"
find "$folder" -name 'alongside-*' -mtime "+${BACKUP_KEPT_DAYS:-14}" -delete
echo "$made"
