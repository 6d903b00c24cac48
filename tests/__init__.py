"""The tests: harness (real databases, clocks, stand-ins), then one folder per kind of question.

Map:

- `harness`     what the tests stand on: databases, servers, people, stand-ins for providers
- `unit`        pure decisions, values in and values out
- `integration` rows and transactions, on SQLite and on PostgreSQL
- `api`         the HTTP interface, through a real application
- `realtime`    sockets that connect, follow, lose signal and catch up
- `scenarios`   stories with a clock that is moved by hand
- `properties`  state machines that try to break the invariants
- `races`       many at once against a real database
- `house`       the rules the repository keeps for itself
"""
