"""`python -m server`: patches the standard library first where that is needed, then the commands."""

import sys

if sys.argv[1:2] == ["run"]:
    # Before anything else is imported: what was imported earlier would go on blocking.
    from gevent import monkey

    monkey.patch_all()

from server.loading import leaving, loading

with loading():
    from server.cli import main

status = main(sys.argv[1:])
leaving()
sys.exit(status)
