"""One small file for each way to reach a phone, all alike: `send(envelope) -> Outcome`.

- `base`     the port: address, envelope, outcome
- `http`     what an end over HTTP says to all of them alike
- `fcm`      Firebase Cloud Messaging (Android, Apple, web); the one door of firebase_admin
- `sms`      text messages
- `voice`    calls
- `twilio`   the REST calls that these two share
- `webpush`  standard Web Push, straight to the browsers' push services
- `console`  one printed line; what an embedded run uses
- `memory`   the fake of this port: keeps what it rang, fails as scripted
- `absent`   stands in for a channel that is not configured
"""
