"""Every text that leaves the product for a lock screen, a text message or a call, in two languages.

Allowed: that a peer is wanted, the way (in person, by video), the minutes away. Never a hospital,
a room, a name, a reason, a preference or free text: no placeholder for any of them exists here
(`PLACEHOLDERS` is the whole list). Every text is a whole sentence in each language; none is glued
from parts.
"""

from notifications.calls.words import CALLS
from notifications.wording import LOCALES, PLACEHOLDERS, Message, Text, Tone
from notifications.words_of_texts import TEXTS

__all__ = ["CATALOGUE", "LOCALES", "PLACEHOLDERS", "Message", "Text", "Tone"]


def _ring(en: Text, es: Text) -> Message:
    return Message(Tone.RING, en, es)


def _plain(en: Text, es: Text) -> Message:
    return Message(Tone.PLAIN, en, es)


_WANTED = ("Someone would like a peer", "Alguien quisiera un compañero de apoyo")
_STILL = (
    "Still open: someone would like a peer",
    "Sigue abierto: alguien quisiera un compañero de apoyo",
)


def _offers() -> dict[str, Message]:
    """The offer and the same offer again, one entry for each way."""
    ways = {
        "in_person": (
            "In person, about {minutes} min from you.",
            "En persona, a unos {minutes} min de ti.",
        ),
        "in_person_near": ("In person.", "En persona."),
        "video": ("By video, now.", "Por video, ahora."),
        "phone": ("By phone, now.", "Por teléfono, ahora."),
        "chat": ("By chat, now.", "Por chat, ahora."),
    }
    entries = {}
    for way, (en, es) in ways.items():
        entries[f"offer.{way}"] = _ring(
            Text(_WANTED[0], f"{en} Open to answer."),
            Text(_WANTED[1], f"{es} Abre para responder."),
        )
        entries[f"offer_again.{way}"] = _ring(Text(_STILL[0], en), Text(_STILL[1], es))
    return entries


def _texts_and_calls() -> dict[str, Message]:
    """The text message and the call for each way; `{minutes}` is read aloud as a number."""
    ways = {
        "in_person": (
            "in person, about {minutes} min from you",
            "en persona, a unos {minutes} min de ti",
            "about {minutes} minutes from you",
            "a unos {minutes} minutos de ti",
        ),
        "in_person_near": ("in person", "en persona", "in person", "en persona"),
        "video": ("by video, now", "por video, ahora", "by video, now", "por video, ahora"),
        "phone": ("by phone, now", "por teléfono, ahora", "by phone, now", "por teléfono, ahora"),
        "chat": ("by chat, now", "por chat, ahora", "by chat, now", "por chat, ahora"),
    }
    entries = {}
    for way, (sms_en, sms_es, call_en, call_es) in ways.items():
        is_journey = way.startswith("in_person")
        go_en, go_es = ("go", "ir") if is_journey else ("talk", "hablar")
        entries[f"sms.{way}"] = _ring(
            Text(
                "",
                f"Alongside: someone would like a peer, {sms_en}. "
                f"Reply Y to {go_en} or N for not this time. Details: {{link}}",
            ),
            Text(
                "",
                f"Alongside: alguien quisiera un compañero de apoyo, {sms_es}. "
                f"Responde Y para {go_es} o N si esta vez no. Detalles: {{link}}",
            ),
        )
        entries[f"voice.{way}"] = _ring(
            Text(
                "",
                f"This is Alongside. Someone would like a peer, {call_en}. "
                f"Press 1 if you can {go_en}. Press 2 for not this time.",
            ),
            Text(
                "",
                f"Habla Alongside. Alguien quisiera un compañero de apoyo, {call_es}. "
                f"Marca 1 si puedes {go_es}. Marca 2 si esta vez no.",
            ),
        )
    return entries


def _needs() -> dict[str, Message]:
    """A visit calls for somebody: what they are told, and who hears it next."""
    texts = {
        "nurse": (
            ("You are asked for", "Open to see where."),
            ("Te llaman", "Abre para ver dónde."),
        ),
        "nurse_unanswered": (
            ("No one at the ED has answered", "Open the board."),
            ("Nadie de urgencias ha respondido", "Abre el tablero."),
        ),
        "supervisor": (
            ("A peer would like to talk", "Open to call them."),
            ("Un compañero quisiera hablar", "Abre para llamarle."),
        ),
        "supervisor_unanswered": (
            ("A peer still would like to talk", "Open to call them."),
            ("Un compañero todavía quisiera hablar", "Abre para llamarle."),
        ),
    }
    entries = {}
    for name, (en, es) in texts.items():
        entries[f"need.{name}"] = _ring(Text(*en), Text(*es))
        entries[f"sms_need.{name}"] = _ring(
            Text("", f"Alongside: {en[0][0].lower()}{en[0][1:]}. {en[1]} {{link}}"),
            Text("", f"Alongside: {es[0][0].lower()}{es[0][1:]}. {es[1]} {{link}}"),
        )
    return entries


def _alarms() -> dict[str, Message]:
    """What a manager is told, as a push or mail and as a text message: why, and to open the board."""
    reasons = {
        "no_yes_yet": ("No yes after {minutes} min.", "Sin un sí después de {minutes} min."),
        "yours": (
            "No yes after {minutes} min. You have it now.",
            "Sin un sí después de {minutes} min. Ahora la tienes tú.",
        ),
        "not_moving": ("A peer is running late.", "Un compañero de apoyo va con retraso."),
        "not_connected": (
            "A peer is not connected yet.",
            "Un compañero de apoyo aún no se ha conectado.",
        ),
        "sign_of_life_lost": (
            "We have not heard from a peer.",
            "No sabemos nada de un compañero de apoyo.",
        ),
        "other": ("", ""),
    }
    entries = {}
    for name, (en, es) in reasons.items():
        body_en, body_es = f"{en} Open the board.".strip(), f"{es} Abre el tablero.".strip()
        entries[f"alarm.{name}"] = _ring(
            Text("A request needs you", body_en), Text("Una solicitud te necesita", body_es)
        )
        entries[f"sms_alarm.{name}"] = _ring(
            Text("", f"Alongside: a request needs you. {body_en} {{link}}"),
            Text("", f"Alongside: una solicitud te necesita. {body_es} {{link}}"),
        )
    return entries


CATALOGUE: dict[str, Message] = {
    **_offers(),
    "offer_private": _ring(
        Text("Alongside", "Something for you. Open when you can."),
        Text("Alongside", "Hay algo para ti. Abre cuando puedas."),
    ),
    "taken": Message(
        Tone.QUIET,
        Text("This one is taken care of", "Someone said yes. Thank you."),
        Text("Esta ya está atendida", "Alguien dijo que sí. Gracias."),
    ),
    # An offer that ended without anybody's yes: the text above would not be true.
    "offer_ended": Message(
        Tone.QUIET,
        Text("This one is taken care of", "This request has ended. Thank you."),
        Text("Esta ya está atendida", "Esta solicitud terminó. Gracias."),
    ),
    # An offer that its peer lost or that was made anew, while the request goes on.
    "offer_closed": Message(
        Tone.QUIET,
        Text("This one is closed", "It no longer needs your answer. Thank you."),
        Text("Esta ya está cerrada", "Ya no necesita tu respuesta. Gracias."),
    ),
    "closed_private": Message(
        Tone.QUIET,
        Text("Alongside", "This one is taken care of."),
        Text("Alongside", "Esta ya está atendida."),
    ),
    "turn_around": _ring(
        Text("You can turn around", "This request has ended. Thank you for going."),
        Text("Puedes dar la vuelta", "Esta solicitud terminó. Gracias por ir."),
    ),
    # Said yes, but has not left or needs no journey: there is nowhere to turn around from.
    "visit_ended": _ring(
        Text("This one is taken care of", "This request has ended. Thank you."),
        Text("Esta ya está atendida", "Esta solicitud terminó. Gracias."),
    ),
    # For who is with somebody by video until another peer arrives.
    "relieved": _plain(
        Text("Your colleague is there", "Say goodbye when it suits."),
        Text("Ya llegó tu colega", "Despídete cuando te parezca."),
    ),
    # For who handed over and stays until the next one is there.
    "stay_asked": _ring(
        Text("Can you still stay?", "Only if you can. Open to answer."),
        Text("¿Puedes quedarte todavía?", "Solo si puedes. Abre para responder."),
    ),
    "stay_over": _plain(
        Text("You can go", "Thank you for staying."),
        Text("Ya puedes irte", "Gracias por quedarte."),
    ),
    "bridge_over": _plain(
        Text("This one is taken care of", "Somebody is there now. Thank you."),
        Text("Esta ya está atendida", "Ya hay alguien allí. Gracias."),
    ),
    "bridge_late": _plain(
        Text(
            "This one is taken care of", "The video did not begin, so others are asked. Thank you."
        ),
        Text("Esta ya está atendida", "El video no empezó y se pregunta a otros. Gracias."),
    ),
    "message": _plain(
        Text("A message about your visit", "Open to read."),
        Text("Un mensaje sobre tu visita", "Abre para leerlo."),
    ),
    "near": _plain(
        Text("Almost there", "Door and room are in the app."),
        Text("Ya casi llegas", "La puerta y la habitación están en la aplicación."),
    ),
    "note_due": _plain(
        Text("One short note to finish", "About two minutes, when you're ready."),
        Text("Falta una nota corta", "Unos dos minutos, cuando puedas."),
    ),
    "check_in": _plain(
        Text("How are you today?", "Only if you'd like."),
        Text("¿Cómo estás hoy?", "Solo si quieres."),
    ),
    "follow_up_due": _plain(
        Text("A follow-up is due today", "Open when you have a moment."),
        Text("Hoy toca un seguimiento", "Abre cuando tengas un momento."),
    ),
    "shift_starts": _plain(
        Text("You're on at {time}", "Tap if plans have changed."),
        Text("Empiezas a las {time}", "Toca si cambiaron tus planes."),
    ),
    "shift_ends": _plain(
        Text("Your shift ends at {time}", "Stay on longer or leave it there. Your choice."),
        Text("Tu turno termina a las {time}", "Sigue un rato más o déjalo ahí. Tú decides."),
    ),
    "certificate_ends": _plain(
        Text("Your certificate ends in {days} days", "Here is how to renew."),
        Text("Tu certificado vence en {days} días", "Aquí te decimos cómo renovarlo."),
    ),
    **_alarms(),
    **_needs(),
    "supervisor": _ring(
        Text("Someone would like to talk", "Open Care."),
        Text("Alguien quisiera hablar", "Abre Cuidado."),
    ),
    "safety": _ring(
        Text("Call now", "A peer asked for help. Open for the number."),
        Text("Llama ahora", "Un compañero pidió ayuda. Abre para ver el número."),
    ),
    # At the start of a shift: the phone answers by itself, nobody need do anything.
    "test_quiet": Message(
        Tone.QUIET,
        Text("Your alerts work", "A quiet check for your shift. Nothing to do."),
        Text(
            "Tus avisos funcionan", "Una prueba silenciosa para tu turno. No tienes que hacer nada."
        ),
    ),
    "cannot_ring": _plain(
        Text("Your phone cannot ring", "Open Alongside on it to see why and how to mend it."),
        Text(
            "Tu teléfono no puede sonar",
            "Abre Alongside en él para ver por qué y cómo arreglarlo.",
        ),
    ),
    "sms_safety": _ring(
        Text("", "Alongside: call now. A peer asked for help. Open for the number: {link}"),
        Text(
            "",
            "Alongside: llama ahora. Un compañero pidió ayuda. Abre para ver el número: {link}",
        ),
    ),
    "voice_safety": _ring(
        Text(
            "",
            "This is Alongside. Call now. A peer asked for help. Open Alongside for the number.",
        ),
        Text(
            "",
            "Habla Alongside. Llama ahora. Un compañero pidió ayuda. "
            "Abre Alongside para ver el número.",
        ),
    ),
    "test": _ring(
        Text("This is a test", "Your phone rings for Alongside. Open to confirm."),
        Text("Esto es una prueba", "Tu teléfono suena para Alongside. Abre para confirmar."),
    ),
    **_texts_and_calls(),
    **TEXTS,
    **CALLS,
}
"""Every text by its key."""
