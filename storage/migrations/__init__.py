"""Schema revisions. `env.py` runs them; `versions/` holds them, one file each, by number."""
