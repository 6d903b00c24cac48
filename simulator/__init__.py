"""A city of people and phones, from real places. It comes in by the front door only.

What there is:

- `places`    hospitals and towns from public data; where sites are chosen and peers live
- `names`     invented first names with an initial
- `nature`    what people are like, and every number of it; seeded draws
- `stage`     when things happen: on a clock that jumps, or on the wall's
- `door`      the port to the product: a request, a live line; `doors` has its two ways in
- `phone`     one person's signed-in app: tokens, the live line, a signal that comes and goes
- `mirror`    a request as a client keeps it: a snapshot, brought up to date by facts
- `town`      what one person sees of another without any app
- `people`    a peer, a nurse, a manager, a watcher

What is done with it:

- `world`     a database of its own, the real application, the people; hours in seconds
- `report`    numbers and broken promises, out of the journal and nothing else
- `remote`    drives a running server in real time
- `city`      the small living demonstration of `bin/run`
- `study`     whom a policy asks in a whole state, beside one that knows every answer in advance
"""
