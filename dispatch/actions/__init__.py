"""What people do, one module per kind of person or thing done.

Each function takes the transaction and the actor, passes a gate of `dispatch.access`, makes its
change as one guarded statement and journals it. They return rows; shaping is the entry point's.

- `staff`    ask, cancel, ask everyone, close
- `managers` claim, resume, assign
- `peers`    see, accept and decline an offer
- `visits`   depart, arrive, start, complete, withdraw, hand over, undo
- `rooms`    come into a video room, say how it goes, leave, end; what its clock does
- `calls`    the telephone calls of a visit: asked for, connected, ended; what their clock does
- `behalf`   a step that a room or a call takes in the peer's place
- `duty`     be available, share a position
- `positions` the positions of many at once
- `contact`  whether a sign of life of an app is news
- `notes`    the note after a visit, how a peer is, and who talks with them
- `previews` a policy that is tried on the past
- `people`   sites, users, peers, certificates, badges, policy
"""
