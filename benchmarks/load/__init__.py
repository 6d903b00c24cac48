"""A country of phones on one machine: the real protocol, production's processes, a verdict.

    python -m benchmarks.load --phones 10000 --minutes 3 --requests-per-minute 110 --reconnect 2000

PostgreSQL that forces its log, Redis, `web`, `dispatcher` and a stand-in for Firebase are started
here; the phones are one process with hand-made frames, because it shares the cores with all of them.

- `plan`      how large, how long, how fast
- `frames`    websocket frames and Socket.IO packets as bytes and text
- `line`      one connection to `/live`
- `calls`     one call over HTTP
- `country`   networks, sites and people, put in by rows, with their tokens
- `stage`     the processes
- `tally`     what was counted and timed
- `follower`  somebody with a line who follows requests by `seq`
- `phone`     a peer: positions, offers, yes, no or nothing, the visit
- `desk`      a nurse who asks, a manager with the board
- `crowd`     all of them: the ramp, the asking, the moment in which many lose their connection
- `watch`     processor and memory of every process, and how late the load generator itself is
- `verdict`   what was told beside what the rows say
- `report`    the tables
- `run`       the command
"""
