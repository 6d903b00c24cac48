"""The ground floor: rows, transactions, leases and time. It knows no domain word.

Map:

- `clock`     the only place that asks the system what time it is, and its fake
- `ids`       new primary keys
- `base`      the typed declarative base and the column types every floor uses
- `engine`    one SQLAlchemy engine for SQLite (embedded) or PostgreSQL (production)
- `database`  `Database` and `Transaction`: the only place that commits
- `gate`      connections that are kept free for what cannot wait
- `claims`    leases on due rows, taken in one statement
- `failpoints`  where a test may let a process fail; bound to nothing unless asked for
- `migrate`   schema revisions up and down, from Python
"""
