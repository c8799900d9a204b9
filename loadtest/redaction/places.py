"""Streets, houses and towns for the corpus: naming parts that are common in Finland, put together at random.

Of the lists that are cut in shares, development gets one half and the judged lines the other.
"""

import re
from dataclasses import dataclass
from random import Random
from typing import Literal

from loadtest.redaction.shares import Share

_TORN = re.compile(r"(?<=\w{3})(katu|kadu|tie|kuja|polku|polu|gatan|vägen|gränd|stig)")
Case = Literal["is", "at", "from", "to"]
# Nominative, adessive, ablative, allative.
Endings = tuple[str, str, str, str]
_USUAL: tuple[Endings, ...] = (
    ("katu", "kadulla", "kadulta", "kadulle"),
    ("tie", "tiellä", "tieltä", "tielle"),
    ("kuja", "kujalla", "kujalta", "kujalle"),
    ("polku", "polulla", "polulta", "polulle"),
)
_RARER: tuple[Endings, ...] = (
    ("kaari", "kaarella", "kaarelta", "kaarelle"),
    ("raitti", "raitilla", "raitilta", "raitille"),
    ("rinne", "rinteellä", "rinteeltä", "rinteelle"),
    ("ranta", "rannalla", "rannalta", "rannalle"),
    ("aukio", "aukiolla", "aukiolta", "aukiolle"),
    ("tori", "torilla", "torilta", "torille"),
    ("väylä", "väylällä", "väylältä", "väylälle"),
    ("penger", "penkereellä", "penkereeltä", "penkereelle"),
    ("piha", "pihalla", "pihalta", "pihalle"),
    ("portti", "portilla", "portilta", "portille"),
    ("kierto", "kierrolla", "kierrolta", "kierrolle"),
    ("mäki", "mäellä", "mäeltä", "mäelle"),
    ("niitty", "niityllä", "niityltä", "niitylle"),
    ("lenkki", "lenkillä", "lenkiltä", "lenkille"),
    ("törmä", "törmällä", "törmältä", "törmälle"),
    ("vainio", "vainiolla", "vainiolta", "vainiolle"),
    ("ahde", "ahteella", "ahteelta", "ahteelle"),
    ("mutka", "mutkalla", "mutkalta", "mutkalle"),
    ("tanhua", "tanhualla", "tanhualta", "tanhualle"),
    ("reuna", "reunalla", "reunalta", "reunalle"),
    ("syrjä", "syrjällä", "syrjältä", "syrjälle"),
    ("puistotie", "puistotiellä", "puistotieltä", "puistotielle"),
)
_FINNISH_STARTS = (
    "Koivu", "Männyn", "Mylly", "Kirkko", "Kauppa", "Koulu", "Asema", "Satama", "Pihlaja", "Oravan", "Karhun",
    "Suopursun", "Lehto", "Kallio", "Hiekka", "Vanamon", "Kanervan", "Pellava", "Sepän", "Räätälin", "Suutarin",
    "Torpan", "Uuden", "Kettu", "Hirven", "Mansikka", "Puolukka", "Lammas", "Saha", "Tehtaan", "Rauta", "Yli",
    "Ala", "Kesä", "Talvi", "Tuuli", "Aallon", "Merimiehen", "Opettajan", "Kellosepän", "Haapa", "Lepikkö",
    "Ruusu", "Kielo", "Niemen", "Saaren", "Jousi", "Kaisla", "Vuokon", "Heinä", "Kylä", "Pappilan", "Lukkarin",
)  # fmt: skip
_FINNISH_FIRST_WORDS = (
    "Itäinen", "Läntinen", "Iso", "Pieni", "Vanha", "Uusi", "Pohjoinen", "Eteläinen", "Ylä", "Alinen",
)  # fmt: skip
_OWNERS = (
    "Aapelin", "Hilman", "Kaarlon", "Vienan", "Taavetin", "Ullan", "Jalmarin", "Siirin", "Oskarin", "Emmin",
    "Vanhan kirkon", "Kreivin", "Amiraalin", "Kolmen kuusen", "Rovastin", "Pikku-Heikin",
)  # fmt: skip
_SWEDISH_ENDINGS = (
    "gatan", "vägen", "gatan", "vägen", "gränden", "stigen", "stranden", "torget", "platsen", "backen", "allén",
    "brinken", "svängen", "kajen", "bågen", "esplanaden", "stråket", "leden", "åsen",
)  # fmt: skip
_SWEDISH_STARTS = (
    "Björk", "Kyrko", "Skol", "Stations", "Hamn", "Strand", "Rönn", "Ekorr", "Smeds", "Skräddar", "Torpar",
    "Ljung", "Kvarn", "Stor", "Fabriks", "Nygårds", "Lärkträds", "Tall", "Lill", "Gamla kyrko", "Prästgårds",
    "Hjort", "Blåbärs", "Smultron", "Vinter", "Sommar", "Ängs", "Bonde", "Fiskar", "Segel",
)  # fmt: skip
_SWEDISH_FIRST_WORDS = ("Norra", "Södra", "Östra", "Västra", "Stora", "Lilla", "Gamla", "Nya", "Övre")
_SWEDISH_OWNERS = ("Frans Lings", "Hedvig Ahls", "Mor Stinas", "Kapten Noréns", "Elsa Dahls", "Lotsens")
_TOWNS = (
    "Helsinki", "Tampere", "Turku", "Oulu", "Espoo", "Vantaa", "Lahti", "Kuopio", "Pori", "Joensuu", "Vaasa",
    "Kotka", "Rauma", "Kajaani", "Salo", "Lohja", "Inari", "Kemi", "Hanko", "Imatra", "Nokia", "Iisalmi",
)  # fmt: skip
_SWEDISH_TOWNS = (
    "Helsingfors", "Tammerfors", "Åbo", "Esbo", "Vanda", "Vasa", "Borgå", "Ekenäs", "Jakobstad", "Karleby",
    "Mariehamn", "Kristinestad", "Hangö", "Lovisa",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Streets:
    """The streets, houses and towns of one share."""

    share: Share

    def finnish(self, random: Random, case: Case) -> str:
        """A street's name in Finnish, in the case that the sentence asks for."""
        endings = _USUAL if random.random() < 0.8 else self.share.of(_RARER)
        ending = random.choice(endings)[("is", "at", "from", "to").index(case)]
        kind = random.random()
        if kind < 0.08:
            return f"{random.choice(self.share.of(_OWNERS))} {ending}"
        start = random.choice(self.share.of(_FINNISH_STARTS)) + ending
        if kind < 0.14 and case == "is":
            return f"{random.choice(self.share.of(_FINNISH_FIRST_WORDS))} {start}"
        return start

    def swedish(self, random: Random) -> str:
        """A street's name in Swedish."""
        kind = random.random()
        if kind < 0.05:
            return random.choice(("Esplanaden", "Bulevarden", "Strandpromenaden"))
        if kind < 0.12:
            ending = random.choice(("gata", "väg", "gränd", "stig", "plats"))
            return f"{random.choice(self.share.of(_SWEDISH_OWNERS))} {ending}"
        start = random.choice(self.share.of(_SWEDISH_STARTS)) + random.choice(_SWEDISH_ENDINGS)
        if kind < 0.2:
            return f"{random.choice(self.share.of(_SWEDISH_FIRST_WORDS))} {start}"
        return start

    def named(self, random: Random, language: str, case: Case) -> str:
        """Street and house as somebody writes them in a sentence of that language."""
        swedish = language == "sv" or (language == "en" and random.random() < 0.25)
        street = self.swedish(random) if swedish else self.finnish(random, case)
        house = _house(random, swedish)
        if language == "en" and random.random() < 0.12:
            return f"{random.randint(1, 99)} {street}"
        return _slipped(random, f"{street} {house}")

    def postal(self, random: Random, language: str) -> str:
        """Street, house, postal code and town, as on an envelope."""
        towns = self.share.of(_SWEDISH_TOWNS if language == "sv" else _TOWNS)
        town = random.choice(towns)
        code = f"{random.randint(0, 99):02}{random.randint(0, 99):02}{random.choice('0005')}"
        town = town.upper() if random.random() < 0.2 else town
        between = random.choice((", ", " ", ",", ", "))
        return f"{self.named(random, language, 'is')}{between}{code} {town}"


def _slipped(random: Random, address: str) -> str:
    """The address with what a hurry does to some: a missing space, one too many, two letters the wrong way round."""
    slip, at = random.random(), re.search(r" (?=\d)", address)
    street, house = (address[: at.start()], address[at.end() :]) if at else (address, "")
    if not house:
        return address
    if slip < 0.02:
        return street + house
    if slip < 0.035:
        return _TORN.sub(r" \1", street, count=1) + f" {house}"
    if slip < 0.05:
        place = random.randint(1, len(street) - 3)
        return f"{street[:place]}{street[place + 1]}{street[place]}{street[place + 2 :]} {house}"
    if slip < 0.06:
        return f"{address}:{random.choice(('ssä', 'ssa', 'stä'))}"
    return address


def _house(random: Random, swedish: bool) -> str:
    number = str(random.choice((random.randint(1, 30), random.randint(1, 199))))
    stair, flat = random.choice("ABCDEF"), random.randint(1, 88)
    low = stair.lower()
    plain = [number, number, number, f"{number} {stair}", f"{number}{low}", f"{number} {low}"]
    if random.random() < 0.5:
        return random.choice(plain)
    forms = [
        f"{number} {stair} {flat}", f"{number} {stair}{flat}", f"{number}{stair}{flat}", f"{number} {low} {flat}",
        f"{number}{low} {flat}", f"{number}-{int(number) + 2} {stair} {flat}", f"{number}–{int(number) + 2}",
    ]  # fmt: skip
    if swedish:
        forms += [f"{number} bostad {flat}", f"{number} {stair} trappa {stair}", f"nr {number}"]
    else:
        forms += [
            f"{number} as {flat}", f"{number} {stair} as. {flat}", f"{number}, as {flat}", f"{number} asunto {flat}",
            f"{number} rappu {stair}", f"numero {number}",
        ]  # fmt: skip
    return random.choice(forms)
