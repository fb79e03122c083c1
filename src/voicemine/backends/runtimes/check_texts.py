"""The fixed set of texts on which runtimes are compared. Written for this purpose; from a word to several windows."""

from __future__ import annotations

_SENTENCES = (
    "Late.", "Lovely staff!", "Never again.", "Works as it should.", "The zip broke on day two.",
    "Where is my refund?", "I was charged twice for one order.", "Your app logs me out every single time.",
    "Delivery came a day early, which made my week.", "Nobody picks up the phone after six in the evening.",
    "The room was clean but the lift has been out of order since we arrived.",
    "I asked three different people and got three different answers.",
    "Ich warte seit zwei Wochen auf eine Antwort.", "Le colis est arrivé ouvert et il manque une pièce.",
    "Card declined at checkout although there is plenty of money in the account, please look into it.",
    "After the last update the map turns black whenever I cross a border, so I now carry a paper one.",
    "Good value; bad sound :(", "10/10", "ok", "???", "",
    "The manual says to hold the button for five seconds, but nothing happens until you hold it for twenty.",
    "I have recommended you to four friends, and each of them was as happy as I am with the support they got.",
    "We waited two hours at the gate, were told to board, were told to leave again, and heard nothing more all night.",
    "Cancelling takes a letter, a form and a call, while signing up took one click; that tells me all I need to know.",
    "Please bring back the old search: I could find a spare part by its number, and now I only get adverts for chairs.",
    "The woman at the desk noticed that my son was ill, found us a quiet corner and brought water without being asked.",
    "It charges slowly, the case gets hot, and the promised adapter was not in the box, so it all goes back.",
)
_LONG = (
    "The first month was fine and I told everybody so. ", "Then the invoices began to differ from the offer. ",
    "I wrote to support, who were friendly but could not see the contract. ",
    "Someone from sales called and promised a correction by Friday. ", "Friday came and went, twice. ",
    "Meanwhile the service itself kept working without a fault, which I want to say out loud. ",
    "In the end a technician solved it in ten minutes by deleting an old discount code. ",
)

#: Each sentence alone, then texts of growing length, the longest beyond the encoder's window.
CHECK_TEXTS: tuple[str, ...] = (
    *_SENTENCES,
    *(" ".join(pair) for pair in zip(_SENTENCES[8:], _SENTENCES[14:], strict=False)),
    *("".join(_LONG[:n]) for n in range(2, len(_LONG) + 1)), "".join(_LONG) * 2, "".join(_LONG) * 5,
)

#: What speed is measured on: sentences of some 6 to 30 tokens, enough of each for a few full batches.
TIMED_TEXTS: tuple[str, ...] = tuple(text for text in (_SENTENCES[4], _SENTENCES[8], _SENTENCES[14], _SENTENCES[24])
                                     for _ in range(32))
