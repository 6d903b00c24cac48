"""What is said in a conversation by text message or telephone: answers to answers, and tests.

Part of the catalogue of `messages`, under the same rules: nothing about anybody, whole sentences.
"""

from notifications.wording import Message, Text, Tone


def _says(en: str, es: str) -> Message:
    return Message(Tone.PLAIN, Text("", en), Text("", es))


def _rings(en: str, es: str) -> Message:
    return Message(Tone.RING, Text("", en), Text("", es))


TEXTS: dict[str, Message] = {
    # The offer itself, for a peer who chose "extra private".
    "sms_private": _rings(
        "Alongside: something for you. Open when you can. {link}",
        "Alongside: hay algo para ti. Abre cuando puedas. {link}",
    ),
    "voice_private": _rings(
        "This is Alongside. There is something for you. Open the app when you can.",
        "Habla Alongside. Hay algo para ti. Abre la aplicación cuando puedas.",
    ),
    # After an answer by text message.
    "sms_yes": _says(
        "You said yes. Open the app for the place. Thank you. {link}",
        "Dijiste que sí. Abre la aplicación para ver el lugar. Gracias. {link}",
    ),
    "sms_yes_remote": _says(
        "You said yes. Open the app to begin. Thank you. {link}",
        "Dijiste que sí. Abre la aplicación para empezar. Gracias. {link}",
    ),
    "sms_no": _says("Not this time. Thank you.", "Esta vez no. Gracias."),
    "sms_taken": _says("That one is taken care of. Thank you.", "Esa ya está atendida. Gracias."),
    "sms_ended": _says(
        "That one has ended. It needs no answer. Thank you.",
        "Esa ya terminó. No necesita respuesta. Gracias.",
    ),
    "sms_busy": _says(
        "You are with someone right now. Thank you for answering.",
        "Ahora mismo estás con alguien. Gracias por responder.",
    ),
    "sms_stands": _says(
        "You said yes to this one. If that has changed, open the app: {link}",
        "A esta dijiste que sí. Si eso cambió, abre la aplicación: {link}",
    ),
    "sms_nothing": _says(
        "Nothing is waiting for your answer. Thank you.",
        "No hay nada que espere tu respuesta. Gracias.",
    ),
    "sms_unclear": _says(
        "Reply Y for yes or N for not this time. More: {link}",
        "Responde Y para sí o N si esta vez no. Más: {link}",
    ),
    # Which of them? Each line is numbered from 1; the answer is bound to the list that was sent.
    "sms_which": _says(
        "More than one is open. Reply with its number to say yes, or N for not this time:",
        "Hay más de una abierta. Responde con su número para decir que sí, o N si esta vez no:",
    ),
    "sms_which_newer": _says(
        "The earlier one is taken care of. This one is new. Reply with its number to say yes, or N "
        "for not this time:",
        "La anterior ya está atendida. Esta es nueva. Responde con su número para decir que sí, o "
        "N si esta vez no:",
    ),
    "sms_which_private": _says(
        "Alongside: open the app to answer. {link}",
        "Alongside: abre la aplicación para responder. {link}",
    ),
    "sms_choice.in_person": _says(
        "{number}: in person, about {minutes} min from you",
        "{number}: en persona, a unos {minutes} min de ti",
    ),
    "sms_choice.in_person_near": _says("{number}: in person", "{number}: en persona"),
    "sms_choice.video": _says("{number}: by video, now", "{number}: por video, ahora"),
    "sms_choice.phone": _says("{number}: by phone, now", "{number}: por teléfono, ahora"),
    "sms_choice.chat": _says("{number}: by chat, now", "{number}: por chat, ahora"),
    # STOP, START, HELP, and whoever is not known.
    "sms_stopped": _says(
        "Alongside: you get no more texts. Text START to get them again.",
        "Alongside: ya no recibes mensajes. Envía START para recibirlos otra vez.",
    ),
    "sms_started": _says(
        "Alongside: you get texts again. Text STOP to end them.",
        "Alongside: recibes mensajes otra vez. Envía STOP para terminarlos.",
    ),
    "sms_help": _says(
        "Alongside texts peers who are available. Reply Y or N to an alert. Message and data rates "
        "may apply. Text STOP to end. {link}",
        "Alongside envía mensajes a compañeros de apoyo disponibles. Responde Y o N a un aviso. "
        "Pueden aplicarse tarifas de mensajes y datos. Envía STOP para terminar. {link}",
    ),
    "sms_stranger": _says(
        "Alongside does not know this number, so nothing was changed. Thank you.",
        "Alongside no conoce este número, así que no cambió nada. Gracias.",
    ),
    # "Will my phone ring?"
    "sms_test": _rings(
        "Alongside: this is a test. Reply Y so that we know your texts arrive.",
        "Alongside: esto es una prueba. Responde Y para saber que te llegan los mensajes.",
    ),
    "sms_tested": _says(
        "Thank you. Texts from Alongside reach you.",
        "Gracias. Los mensajes de Alongside te llegan.",
    ),
    "voice_test": _rings(
        "This is Alongside. This is a test. Press 1 so that we know our calls reach you.",
        "Habla Alongside. Esto es una prueba. Marca 1 para saber que te llegan las llamadas.",
    ),
    "voice_tested": _says(
        "Thank you. Calls from Alongside reach you.",
        "Gracias. Las llamadas de Alongside te llegan.",
    ),
    # After a key was pressed.
    "voice_yes": _says(
        "You said yes. Open the app for the place.",
        "Dijiste que sí. Abre la aplicación para ver el lugar.",
    ),
    "voice_yes_remote": _says(
        "You said yes. Open the app to begin.",
        "Dijiste que sí. Abre la aplicación para empezar.",
    ),
    "voice_no": _says("Not this time. Thank you.", "Esta vez no. Gracias."),
    "voice_taken": _says(
        "Someone else said yes first. Thank you.", "Alguien dijo que sí primero. Gracias."
    ),
    "voice_ended": _says(
        "This one has ended. It needs no answer. Thank you.",
        "Esta ya terminó. No necesita respuesta. Gracias.",
    ),
    "voice_busy": _says(
        "You are with someone right now. Thank you for answering.",
        "Ahora mismo estás con alguien. Gracias por responder.",
    ),
    "voice_stands": _says(
        "You said yes to this one. If that has changed, open the app.",
        "A esta dijiste que sí. Si eso cambió, abre la aplicación.",
    ),
    "voice_bye": _says("Goodbye.", "Adiós."),
}
"""By key."""
