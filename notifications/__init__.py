"""The floor that knows phones and words. Of dispatch it reads the facts, and nothing else.

Deciding (values in, values out):

- `messages`   every text that leaves the product, in English and Spanish
- `wording`, `words_of_texts`  what a text is made of; those of conversations
- `replies`    what a peer's text message means, and what follows from it
- `compose`    one delivery into the words and data of one phone; the extra private variant
- `ladder`     the rungs of one offer: push, push again, SMS, voice
- `turns`      whose turn it is, so that a flood at one site delays no other
- `readiness`  will this person's phone ring, and what keeps it from it
- `circuit`    a provider that refuses us, or is away, is left alone for a while
- `retry`      what an outcome means for the delivery, its address and its ladder
- `push_services`  which push services a browser may name

Rows:

- `models`     devices, and deliveries: the outbox
- `vapid`      the key pair of Web Push, made once
- `directory`  what this floor must ask about people; the composition root answers
- `devices`    a phone is registered, moved to another person, removed
- `numbers`    whose number it is; STOP and START
- `texted`     what was texted to a phone, and what is said back
- `outbox`     the one way to write a delivery, and to stop those not yet sent

Doing:

- `alarms`     who hears of an alarm when, by which channels, and what stops it
- `safety`     a peer calls for help: everybody who can act, by every way, until somebody has it
- `needs`      a visit calls for the ED nurse or a supervisor, and who hears it a little later
- `planner`    inside the transaction of the state change: facts into deliveries
- `care`       a peer would like to talk: supervisors' phones say so
- `talk`       a message waits in the app: one quiet push, unless it is read by then
- `reach`      whether anybody can still be rung, and what follows when an address is gone
- `climb`      a rung that reaches nobody lets the next one go now
- `callbacks`  what a provider says later of a text or a call
- `receipts`   what a phone says back: on the phone, opened
- `providers`  what every process found at the providers' doors
- `ladders`    how far each rung of an offer got, for those who look after the request
- `trials`     quiet tests at the start of a shift
- `mending`    who cannot be rung is told by what still works
- `one_ladder` texts and calls of a second offer wait for those of the first
- `record`     the outcomes of sends into the rows, fenced by the lease
- `relay`      claims due deliveries, re-checks them, sends, records
- `channels`   one small file for each way to reach a phone, and the fake of that port
"""
