"""The words of `chatsvc staffing`, in the languages of its readers."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatsvc.domain.declaration_text import duration_text
from chatsvc.domain.staffing import Target


@dataclass(frozen=True, slots=True)
class Words:
    """Headings and sentences in one language."""

    weekdays: tuple[str, ...]
    title: str
    hour: str
    total: str
    rostered_total: str
    legend_present: str
    legend_rostered: str
    answered: str  # of share and time
    abandoned: str  # of share
    mean_wait: str  # of time
    promise: str  # of the promises
    service: str  # of handling, patience, capacity
    expected: str  # of visitors, and of what becomes of them
    hours: str  # of counsellor hours present and rostered
    recorded: str  # of visitors, and of the first and the last day
    columns: tuple[str, ...]  # of the detailed table
    decimal: str = ","

    def number(self, value: float) -> str:
        """A number with at most one decimal."""
        return f"{value:.1f}".removesuffix(".0").replace(".", self.decimal)

    def share(self, value: float | None) -> str:
        """A share of 0..1 in percent."""
        return "–" if value is None else f"{self.number(100 * value)} %"

    def promises(self, target: Target) -> str:
        """What the queue promises, as one phrase."""
        parts = []
        if target.answered_share is not None:
            parts.append(
                self.answered.format(share=self.share(target.answered_share), time=time(target.within_s))
            )
        if target.abandonment is not None:
            parts.append(self.abandoned.format(share=self.share(target.abandonment)))
        if target.mean_wait_s is not None:
            parts.append(self.mean_wait.format(time=time(target.mean_wait_s)))
        return ", ".join(parts)


def time(seconds: float | None) -> str:
    """A time to the second, with its units."""
    return "–" if seconds is None else duration_text(round(seconds) * 1_000)


WORDS: Mapping[str, Words] = {
    "en": Words(
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        title="Counsellors needed, hour by hour",
        hour="Hour",
        total="Hours present",
        rostered_total="Hours on the roster",
        legend_present="present",
        legend_rostered="on the roster, with breaks and absences",
        answered="{share} answered within {time}",
        abandoned="fewer than {share} give up",
        mean_wait="mean wait under {time}",
        promise="Promise: {promises}.",
        service="A conversation takes {handling}, patience lasts {patience} (means); {capacity} at once each.",
        expected="Expected: {visitors} visitors a week; {share} answered within {time}, {gone} give up, "
        "mean wait {wait}.",
        hours="Counsellor hours a week: {present} present, {rostered} on the roster.",
        recorded="Recorded: {visitors} visitors from {first} to {last}.",
        columns=(
            "Day", "Hour", "Visitors", "Load", "Present", "Roster", "In time", "Give up", "Mean wait", "Occupied",
        ),
        decimal=".",
    ),
    "fi": Words(
        weekdays=("ma", "ti", "ke", "to", "pe", "la", "su"),
        title="Tarvittavat neuvojat tunneittain",
        hour="Klo",
        total="Tunteja paikalla",
        rostered_total="Tunteja työvuoroissa",
        legend_present="paikalla",
        legend_rostered="työvuorossa, tauot ja poissaolot mukana",
        answered="{share} saa vastauksen {time} kuluessa",
        abandoned="alle {share} luopuu",
        mean_wait="odotus keskimäärin alle {time}",
        promise="Tavoite: {promises}.",
        service="Keskustelu kestää {handling} ja kävijä jaksaa odottaa {patience} (keskimäärin); "
        "neuvojalla on enintään {capacity} yhtä aikaa.",
        expected="Odotettavissa: viikossa {visitors} kävijää; {share} saa vastauksen {time} "
        "kuluessa, {gone} luopuu, odotus keskimäärin {wait}.",
        hours="Neuvojien tunteja viikossa: paikalla {present}, työvuoroissa {rostered}.",
        recorded="Tilastoitu: {visitors} kävijää {first} – {last}.",
        columns=(
            "Päivä", "Klo", "Kävijöitä", "Kuorma", "Paikalla", "Vuorossa", "Ajoissa", "Luopuu", "Odotus", "Varattuna",
        ),
    ),
    "sv": Words(
        weekdays=("må", "ti", "on", "to", "fr", "lö", "sö"),
        title="Rådgivare som behövs, timme för timme",
        hour="Kl.",
        total="Timmar på plats",
        rostered_total="Timmar i schemat",
        legend_present="på plats",
        legend_rostered="i schemat, med pauser och frånvaro",
        answered="{share} får svar inom {time}",
        abandoned="färre än {share} ger upp",
        mean_wait="väntan i medeltal under {time}",
        promise="Mål: {promises}.",
        service="Ett samtal tar {handling} och en besökare orkar vänta {patience} (i medeltal); "
        "högst {capacity} på en gång för varje rådgivare.",
        expected="Att vänta: {visitors} besökare i veckan; {share} får svar inom {time}, {gone} ger upp, "
        "väntan i medeltal {wait}.",
        hours="Rådgivartimmar i veckan: {present} på plats, {rostered} i schemat.",
        recorded="Ur statistiken: {visitors} besökare {first} – {last}.",
        columns=(
            "Dag", "Kl.", "Besökare", "Last", "På plats", "Schema", "I tid", "Ger upp", "Väntan", "Upptaget",
        ),
    ),
}  # fmt: skip
