"""What is said on the line of a bridged call. Part of the catalogue of `messages`, under its rules:
nothing about anybody, whole sentences.
"""

from notifications.wording import Message, Text, Tone


def _says(en: str, es: str) -> Message:
    return Message(Tone.PLAIN, Text("", en), Text("", es))


CALLS: dict[str, Message] = {
    "call_peer": _says(
        "This is Alongside, with the call that was asked for. Press 1 to be connected.",
        "Habla Alongside, con la llamada que se pidió. Marca 1 y te conectamos.",
    ),
    "call_wait": _says("One moment, please.", "Un momento, por favor."),
    "call_other": _says(
        "This is Alongside. A peer is on the line. Press 1 to talk.",
        "Habla Alongside. Un compañero de apoyo está en la línea. Marque 1 para hablar.",
    ),
    "call_nobody": _says(
        "Nobody picked up there. You can call again from the app.",
        "Allí nadie contestó. Puedes volver a llamar desde la aplicación.",
    ),
    "call_over": _says("The call has ended.", "La llamada terminó."),
}
"""By key."""
