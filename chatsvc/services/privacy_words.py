"""The words of the data protection report's file in the languages of those who read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatsvc.domain.privacy_report import Age, Why
from chatsvc.domain.retention import Kind


@dataclass(frozen=True, slots=True)
class PrivacyWords:
    """One language."""

    heads: tuple[str, str, str, str, str]  # table, what, what decides, age or month, number
    exists: str
    erased: str
    holds: str
    openings: str
    kinds: Mapping[Kind, str]
    whys: Mapping[Why, str]  # `rule` is not there: it has its own name
    ages: Mapping[Age, str]
    roles: Mapping[str, str]
    held: str
    asked: str
    earlier: str
    total: str


PRIVACY_WORDS: Mapping[str, PrivacyWords] = {
    "fi": PrivacyWords(
        heads=("Taulukko", "Mitä", "Mikä ratkaisee", "Ikä tai kuukausi", "Keskusteluja"),
        exists="Säilytettävänä",
        erased="Poistettu",
        holds="Poistokiellot",
        openings="Avaukset",
        kinds={
            "transcript": "keskustelun teksti", "notes": "työntekijöiden muistiinpanot",
            "answers": "vastaukset alkukysymyksiin", "feedback": "palaute", "record": "perustiedot ilman tekstiä",
        },
        whys={"no_rule": "ei sääntöä", "wish": "asiakkaan oma pyyntö", "hold": "poistokielto"},
        ages={
            "week": "enintään 7 vrk", "month": "8–31 vrk", "quarter": "32–92 vrk", "year": "93–366 vrk",
            "older": "yli 366 vrk",
        },
        roles={"supervisor": "esihenkilö", "counsellor": "päivystäjä"},
        held="voimassa",
        asked="odottaa vahvistusta",
        earlier="aiemmin",
        total="yhteensä",
    ),
    "sv": PrivacyWords(
        heads=("Tabell", "Vad", "Vad som avgör", "Ålder eller månad", "Samtal"),
        exists="Bevaras",
        erased="Raderat",
        holds="Raderingsförbud",
        openings="Öppningar",
        kinds={
            "transcript": "samtalets text", "notes": "personalens anteckningar",
            "answers": "svar på de inledande frågorna", "feedback": "respons", "record": "grunduppgifter utan text",
        },
        whys={"no_rule": "ingen regel", "wish": "besökarens egen begäran", "hold": "raderingsförbud"},
        ages={
            "week": "högst 7 dygn", "month": "8–31 dygn", "quarter": "32–92 dygn", "year": "93–366 dygn",
            "older": "över 366 dygn",
        },
        roles={"supervisor": "chef", "counsellor": "jourhavande"},
        held="i kraft",
        asked="väntar på bekräftelse",
        earlier="tidigare",
        total="totalt",
    ),
    "en": PrivacyWords(
        heads=("Table", "What", "What decides", "Age or month", "Conversations"),
        exists="Kept",
        erased="Erased",
        holds="Holds",
        openings="Openings",
        kinds={
            "transcript": "text of the conversation", "notes": "notes of staff", "answers": "answers before the chat",
            "feedback": "feedback", "record": "record without text",
        },
        whys={"no_rule": "no rule", "wish": "the visitor's own wish", "hold": "a legal hold"},
        ages={
            "week": "at most 7 days", "month": "8–31 days", "quarter": "32–92 days", "year": "93–366 days",
            "older": "over 366 days",
        },
        roles={"supervisor": "supervisor", "counsellor": "counsellor"},
        held="in force",
        asked="not confirmed yet",
        earlier="earlier",
        total="total",
    ),
}  # fmt: skip
