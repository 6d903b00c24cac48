"""What the provider of texts and calls tells us: outside the API, proved by its signature alone.

- `door`       the signature, then the form, then one transaction; nothing else comes in
- `signature`  the proof: HMAC-SHA1 over the public address and the sorted fields
- `twiml`      what is said to a caller, and texts that are answered in the answer itself
- `answering`  a yes or a no for an offer, by the same actions as the app's
- `texts`      somebody texts our number
- `calls`      what a call says, and the key that is pressed
- `bridged`    a call between a peer and the other side: both legs, their keys and news
- `livekit`    who is inside a room of LiveKit; by a door and a proof of its own
- `status`     what became of a text or a call
"""
