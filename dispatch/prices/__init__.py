"""Asking by price: every ask costs something and saves minutes. Pure.

- `pricing`  its numbers, with their units
- `chances`  how likely a yes is, before the ask and while a peer is silent
- `score`    what it costs to send one peer to one request
- `outlook`  what is to be expected when so many are asked
- `priced`   the decision
"""
