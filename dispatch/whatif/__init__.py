"""What would have happened: requests played again, or made up, under a policy. Pure.

- `world`     what no policy can change: sites, peers with their shifts, requests
- `answers`   what a peer would do about an offer, and who knows it
- `chance`    draws that belong to a request and a peer, the same under every policy
- `strategy`  who decides: the product under a policy, or somebody else
- `loop`      the events of one run, one after another
- `log`       what happened in it
- `measures`  the numbers that it came to

A network's own past, played again:

- `past`      what was recorded, as values
- `habits`    how its peers answer, in the numbers of the policy
- `crowd`     everybody's answers: as recorded, else drawn
- `more`      more peers on a shift
- `replay`    the policy of now and the changed one, with the same draws
- `compare`   both beside one another, and how true the replay is
"""
