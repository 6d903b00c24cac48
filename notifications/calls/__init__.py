"""Bridged calls: the peer's telephone rings, then one of the site's, and neither side sees a number.

Both legs come from our own number. A number is read where it is dialled and kept nowhere else.

- `models`   what is known of each call at the provider, and the telephone at a bedside
- `ends`     why a call did not come about or is over, in the words of the floor below
- `switch`   what must be asked about a visit and its call; the composition root answers
- `numbers`  whose number is dialled, and which numbers may be
- `line`     the provider: make a call, look for one, hang up; it knows no rows
- `planner`  inside the transaction of the ask: the fact into a row that the caller claims
- `caller`   claims due rows, re-checks them, rings, records: one press never rings twice
- `record`   the ends of what the caller did into the rows, fenced by the lease
- `legs`     which calls of the provider are the two legs, as its signed news say
- `words`    what is said on the line, in two languages: nothing about anybody
"""
