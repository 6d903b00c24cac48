"""What changes, told to whoever watches: Socket.IO under `/live`. The only door to that library.

An emit is an announcement. It may be lost; whoever missed one reads the rows again, by `seq`.

- `rooms`        who may hear what is decided by which room they are in
- `events`       every event both ways, as types; `asyncapi` makes the reference from them
- `connections`  the sockets of this process and who is behind each
- `namespace`    connecting, and what clients say
- `hall`         the video rooms: who comes in, letters between two browsers, who must leave
- `room_events`  what is said there, as types
- `talk_events`, `talking`  that something was written in a visit; and what person and peer write
- `pace`         how fast one socket may speak
- `positions`    what phones say of where they are, gathered and written together
- `publisher`    after each commit: facts, offers, duty and positions to their rooms
- `boardfeed`    changed rows of the live boards
- `changes`      what a transaction did to duty rows, which journal nothing
- `outlets`      where announcements go: this process's sockets, Redis, a list, nowhere
- `fanout`       announcements between processes, over Redis
- `transport`    websockets held to our limits
- `leaving`      ending connections: who does not read, and all when a process stops
- `watcher`      who is revoked, expired or moved is out of every room within seconds
- `garbage`      the collector looks at idle connections once, and not again and again
- `door`         the above, installed in an application
"""
