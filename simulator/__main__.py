"""`python -m simulator`: patches the standard library first where that is needed, then the work."""

import sys

if sys.argv[1:2] == ["run"]:
    # Before anything else is imported: what was imported earlier would go on blocking.
    from gevent import monkey

    monkey.patch_all()

from simulator.cli import main

sys.exit(main(sys.argv[1:]))
