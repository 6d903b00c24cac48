"""The people of the city, each with a phone or a desktop of their own.

- `person`    what all have in common: an app, a seeded chance, the requests they follow
- `peer`      is available, is asked, answers or does not
- `visiting`  a peer's visit, from the yes to the way home
- `nurse`     asks, waits, sometimes cancels, sometimes sees the peer come in first
- `manager`   looks after what has been escalated
- `watcher`   reads the board and tells what happens
"""
