"""What has figures in it and names nobody: times, sums, doses, roads, and the lines where help answers."""

from collections.abc import Callable
from random import Random

# In the ways in which helpers and visitors write them; no list of the package is used here.
_HELP = (
    "112", "116 117", "116117", "09 2525 0111", "0925250111", "09-2525 0111", "09 2525 0112", "09 2525 0113",
    "116 111", "116111", "116 006", "116 016", "080 005 005", "0800 147 111", "0800147111", "0800 05005",
    "0400 22 11 80", "0400 22 11 90", "116 000", "0800 96 116", "0800 900 45", "080 002 400", "+358 9 2525 0111",
)  # fmt: skip
_ROADS = (
    "valtatie",
    "kantatie",
    "seututie",
    "vt",
    "tie",
    "moottoritie",
    "väg",
    "riksväg",
    "stamväg",
    "highway",
)


def _time(random: Random) -> str:
    hour, minute = random.randint(0, 23), random.choice((0, 5, 10, 15, 20, 30, 40, 45, 50, 55))
    return random.choice(
        (f"{hour}.{minute:02}", f"{hour:02}:{minute:02}", f"{hour:02}.{minute:02}", str(hour))
    )


def _span(random: Random) -> str:
    first = random.randint(0, 20)
    last = first + random.randint(1, 3)
    return random.choice((
        f"{first:02}.30–{last:02}.00", f"{first}–{last}", f"{first:02}:00-{last:02}:00",
        f"{first:02}.00 - {last:02}.30",
        f"{first}-{last}", f"{first}.30–{last}", f"{first:02}.00-{last:02}.00",
    ))  # fmt: skip


def _date(random: Random) -> str:
    day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(1990, 2026)
    return random.choice((
        f"{day}.{month}.{year}", f"{day:02}.{month:02}.{year}", f"{day}.{month}.", f"{year}-{month:02}-{day:02}",
        f"{day:02}.{month:02}.{year % 100:02}", f"{day}/{month}", f"{day:02}-{month:02}-{year}", f"{day}.{month}",
        f"{day:02}{month:02}{year}", f"{day:02}.{month:02}.–{day:02}.{month % 12 + 1:02}.{year}",
    ))  # fmt: skip


def _sum(random: Random) -> str:
    whole = random.choice((random.randint(1, 99), random.randint(100, 999), random.randint(1000, 99999)))
    spaced = f"{whole:,}".replace(",", " ")
    return random.choice(
        (f"{whole} e", f"{whole}€", f"{spaced},50 €", f"{spaced} euroa", f"{whole},90e", f"{whole} euro")
    )


def _dose(random: Random) -> str:
    amount, times = random.choice((5, 10, 20, 25, 37.5, 50, 75, 100, 150, 500)), random.randint(1, 4)
    return random.choice((
        f"{amount} mg {times} kertaa", f"{amount}mg x {times}", f"sertralin {amount} mg 1x{times}",
        f"{times} x {amount} mg", f"{amount} mg {times}-{times + 1} krt/pv", f"0,{times} mg",
        f"burana {amount} {times} kpl",
    ))  # fmt: skip


def _case(random: Random) -> str:
    number = random.randint(1, 99999)
    return random.choice((
        f"{random.randint(2019, 2026)}/{number}", f"THL/{number}/{random.randint(1, 20)}.05.00/2025", f"{number}",
        f"H {random.randint(19, 26)}/{number}", f"5590/R/{number:06}/25",
        f"{random.randint(483900, 999999)}-{number:05}",
    ))  # fmt: skip


def _reference(random: Random) -> str:
    return " ".join(f"{random.randint(10000, 99999)}" for _ in range(random.randint(2, 4)))


def _order(random: Random) -> str:
    number = random.randint(100_000, 99_999_999)
    return random.choice(
        (f"{number}", f"#{number}", f"{number}-{random.randint(1, 9)}", f"FI-{number}", f"10{number}")
    )


def _lotto(random: Random) -> str:
    row = sorted(random.sample(range(1, 41), 7))
    return random.choice(
        (" ".join(f"{number:02}" for number in row), ", ".join(map(str, row)), " ".join(map(str, row)))
    )


def _isbn(random: Random) -> str:
    return f"978-951-{random.randint(0, 99):02}-{random.randint(0, 9999):04}-{random.randint(0, 9)}"


def _customer(random: Random) -> str:
    number = random.randint(100_000, 9_999_999)
    return random.choice(
        (f"{number}", f"{number}", f"K{number}", f"{number} {random.randint(10, 99)}", f"00{number}")
    )


def _coordinates(random: Random) -> str:
    return f"{random.uniform(60, 69):.4f}, {random.uniform(21, 31):.4f}"


def _serial(random: Random) -> str:
    return f"SN{random.randint(10, 99)}-{random.randint(1000, 9999)}-{random.randint(1000, 9999)}"


_FILL: dict[str, Callable[[Random], str]] = {
    "time": _time,
    "span": _span,
    "date": _date,
    "sum": _sum,
    "dose": _dose,
    "case": _case,
    "reference": _reference,
    "help": lambda random: random.choice(_HELP),
    "road": lambda random: f"{random.choice(_ROADS)} {random.randint(1, 99)}",
    "room": lambda random: (
        f"{random.choice(('', 'A', 'B'))}{random.randint(1, 420)}{random.choice(('', 'b'))}"
    ),
    "count": lambda random: str(random.choice((random.randint(2, 12), random.randint(2, 200)))),
    "age": lambda random: str(random.randint(9, 88)),
    "year": lambda random: str(random.randint(1985, 2026)),
    "weight": lambda random: f"{random.randint(38, 140)}{random.choice((' kg', 'kg', ',5 kg'))}",
    "pressure": lambda random: f"{random.randint(100, 180)}/{random.randint(60, 110)}",
    "version": lambda random: f"{random.randint(1, 9)}.{random.randint(0, 20)}.{random.randint(0, 9)}",
    "order": _order,
    "lotto": _lotto,
    "isbn": _isbn,
    "customer": _customer,
    "coords": _coordinates,
    "serial": _serial,
    "pin": lambda random: random.choice(
        (f"{random.randint(0, 9999):04}", f"{random.randint(0, 999_999):06}")
    ),
    "plate": lambda random: (
        f"{''.join(random.choice('ABCEFGHIJKLMNRSTXYZ') for _ in 'abc')}-{random.randint(1, 999)}"
    ),
    "score": lambda random: f"{random.randint(0, 12)}-{random.randint(0, 12)}",
    "short": lambda random: f"{random.randint(1, 28):02}{random.randint(1, 12):02}{random.randint(0, 99):02}",
}
NAMES = frozenset(_FILL)


def harmless(random: Random, name: str) -> str:
    """What a slot of that name is filled with; nothing in it is to be taken out."""
    return _FILL[name](random)
