"""The words of the statistics in the languages of those who report from them; `deploy/statistics.md` defines them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `columns` has what `Row.cells` and `Day.cells` have."""

    title: str  # of site and month
    queue: str
    language: str
    all_queues: str
    all_languages: str
    languages: Mapping[str, str]
    columns: Mapping[str, str]
    figures: tuple[str, ...]  # headings of the CSV file's waits and handling
    left_out: str
    unfinished: str
    days: str  # of the picture: what is drawn
    months: tuple[str, ...]
    panel: str  # of outcome and sum of the month

    def month(self, month: str) -> str:
        """A month such as `2026-11` in words."""
        return f"{self.months[int(month[5:]) - 1]} {month[:4]}"


WORDS: Mapping[str, Words] = {
    "fi": Words(
        title="{site}: tilastot, {month}",
        queue="Jono",
        language="Kieli",
        all_queues="Kaikki jonot",
        all_languages="Kaikki kielet",
        languages={
            "fi": "suomi", "sv": "ruotsi", "en": "englanti", "se": "pohjoissaame", "smn": "inarinsaame",
            "sms": "koltansaame",
        },
        columns={
            "attempts": "Yhteydenotot", "answered": "Vastatut", "prompt": "Vastattu 3 minuutissa",
            "abandoned": "Luopuneet", "dropped": "Yhteys katkesi", "told_closed": "Suljettu", "full": "Jono täynnä",
            "message": "Ohjattu viestillä", "waiting": "Odottaa yhä", "gave_up": "Luopuneet tai katkenneet",
            "turned_away": "Jono täynnä tai ohjattu viestillä",
        },
        figures=(
            "Kolmessa minuutissa vastattujen osuus vastatuista (%)", "Vastattujen odotus: mediaani enintään (s)",
            "Vastattujen odotus: 90 % enintään (s)", "Vastattujen odotus: keskiarvo (s)",
            "Luopuneiden odotus: mediaani enintään (s)", "Luopuneiden odotus: 90 % enintään (s)",
            "Luopuneiden odotus: keskiarvo (s)", "Käsittelyaika: keskiarvo (s)",
        ),
        left_out="– tarkoittaa, että luku on jätetty pois: se on 1–4 tai siitä voisi laskea sellaisen luvun.",
        unfinished="Kuukausi on kesken.",
        days="Yhteydenotot päivittäin.",
        months=(
            "tammikuu", "helmikuu", "maaliskuu", "huhtikuu", "toukokuu", "kesäkuu", "heinäkuu", "elokuu", "syyskuu",
            "lokakuu", "marraskuu", "joulukuu",
        ),
        panel="{name}: yhteensä {total}",
    ),
    "sv": Words(
        title="{site}: statistik, {month}",
        queue="Kö",
        language="Språk",
        all_queues="Alla köer",
        all_languages="Alla språk",
        languages={
            "fi": "finska", "sv": "svenska", "en": "engelska", "se": "nordsamiska", "smn": "enaresamiska",
            "sms": "skoltsamiska",
        },
        columns={
            "attempts": "Kontaktförsök", "answered": "Besvarade", "prompt": "Besvarade inom 3 minuter",
            "abandoned": "Avbrutna", "dropped": "Förbindelsen bröts", "told_closed": "Stängt", "full": "Kön full",
            "message": "Hänvisade med ett meddelande", "waiting": "Väntar ännu",
            "gave_up": "Avbrutna eller brutna", "turned_away": "Kön full eller hänvisade med ett meddelande",
        },
        figures=(
            "Andel av de besvarade som besvarades inom 3 minuter (%)", "De besvarades väntan: median högst (s)",
            "De besvarades väntan: 90 % högst (s)", "De besvarades väntan: medelvärde (s)",
            "Väntan hos dem som gav upp: median högst (s)", "Väntan hos dem som gav upp: 90 % högst (s)",
            "Väntan hos dem som gav upp: medelvärde (s)", "Handläggningstid: medelvärde (s)",
        ),
        left_out="– betyder att talet har utelämnats: det är 1–4, eller ett sådant tal kunde räknas ut av det.",
        unfinished="Månaden är inte slut.",
        days="Kontaktförsök per dag.",
        months=(
            "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
            "november", "december",
        ),
        panel="{name}: sammanlagt {total}",
    ),
    "en": Words(
        title="{site}: statistics, {month}",
        queue="Queue",
        language="Language",
        all_queues="All queues",
        all_languages="All languages",
        languages={
            "fi": "Finnish", "sv": "Swedish", "en": "English", "se": "Northern Sámi", "smn": "Inari Sámi",
            "sms": "Skolt Sámi",
        },
        columns={
            "attempts": "Attempts", "answered": "Answered", "prompt": "Answered within 3 minutes",
            "abandoned": "Abandoned", "dropped": "Dropped", "told_closed": "Told closed", "full": "Queue full",
            "message": "Led to a message", "waiting": "Still waiting", "gave_up": "Abandoned or dropped",
            "turned_away": "Queue full or led to a message",
        },
        figures=(
            "Share of the answered who were answered within 3 minutes (%)", "Wait of the answered: median at most (s)",
            "Wait of the answered: 90 % at most (s)", "Wait of the answered: mean (s)",
            "Wait of those who gave up: median at most (s)", "Wait of those who gave up: 90 % at most (s)",
            "Wait of those who gave up: mean (s)", "Handling time: mean (s)",
        ),
        left_out="– means that a number is left out: it is 1 to 4, or such a number could be computed from it.",
        unfinished="The month is not over.",
        days="Attempts by day.",
        months=(
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ),
        panel="{name}: {total} in all",
    ),
}  # fmt: skip
