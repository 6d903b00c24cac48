"""Messages within a visit: the site's staff and the peer, or the person and the peer.

- `words`    the quick replies by key, so that each side reads its own language (pure)
- `threads`  two tables: a thread of a visit, and what was said in it
- `gate`     who may read a thread and who may still write in it
- `saying`   a message is said once, in order; and read up to
- `reading`  rows into the shapes of answers
- `keeping`  how long a thread is kept, and its erasing

A text is read by the two sides of its thread and by nobody else: it is in no fact, no
announcement, no log, no alert and no export.
"""
