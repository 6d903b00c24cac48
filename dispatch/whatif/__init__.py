"""What would have happened: requests played again, or made up, under a policy. Pure.

- `world`     what no policy can change: sites, peers with their shifts, requests
- `answers`   what a peer would do about an offer, and who knows it
- `chance`    draws that belong to a request and a peer, the same under every policy
- `strategy`  who decides: the product under a policy, or somebody else
- `loop`      the events of one run, one after another
- `log`       what happened in it
- `measures`  the numbers that it came to
"""
