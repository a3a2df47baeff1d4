"""The persons of the demo: names in several scripts, sex, birth date and body, with gaps as in registers.

Knows nothing of examinations; all names are made up.
"""

from __future__ import annotations

from datetime import date, timedelta

from orthanc_cohorts.convert.demo.chance import Chance
from orthanc_cohorts.convert.demo.plan import Person

LATIN_1 = ("ISO_IR 100",)
UTF_8 = ("ISO_IR 192",)
JAPANESE = ("", "ISO 2022 IR 87")
"""ASCII until an escape sequence switches to JIS X 0208 (PS3.5 6.1.2.5)."""

JAPANESE_NAME, WITHOUT_ID, SIZE_IN_CM = 3, (5, 6), 7
"""Which patient, counted from 1, has an ISO 2022 name, no PatientID, PatientSize in centimetres."""

FAMILIES: dict[tuple[str, ...], tuple[str, ...]] = {
    LATIN_1: ("Müller", "Schäfer", "Weiß", "Köhler", "Günther", "Böhm", "Lefèvre", "Schröder", "Jäger"),
    UTF_8: ("Wałęsa", "Ødegård", "Novák", "Đorđević", "Szőke", "Şahin", "Papadopoulou", "Иванова"),
    (): ("Schmidt", "Fischer", "Weber", "Becker", "Hoffmann", "Wagner", "Klein", "Wolf", "Neumann"),
}
GIVEN = {
    "F": ("Anna", "Ursula", "Helga", "Ingrid", "Renate", "Maria", "Elfriede", "Gisela"),
    "M": ("Hans", "Klaus", "Peter", "Werner", "Horst", "Karl", "Walter", "Dieter"),
}
INSTITUTIONS = ("Herzzentrum Nord",) * 7 + ("Klinikum am Fluß", "St. Elsewhere Hospital", "")


def draw_person(number: int) -> Person:
    """Return the person with that number, counted from 1."""
    chance = Chance("person", number)
    sex = chance.pick("sex", ("F", "M"))
    size_m = round(chance.normal("size", 1.62 if sex == "F" else 1.74, 0.07, 1.40, 2.00), 2)
    weight = round(chance.normal("bmi", 27.2, 4.6, 16, 48) * size_m**2, 1)
    name, character_set = _name(number, sex, chance)
    institution = chance.pick("institution", INSTITUTIONS)
    in_cm = number == SIZE_IN_CM
    sized = chance.happens("sized", 0.85) or in_cm
    return Person(
        number=number,
        patient_id="" if number in WITHOUT_ID else f"TAVI{number:04d}",
        name=name,
        character_set=character_set,
        sex="" if chance.happens("sex unknown", 0.02) else sex,
        birth_date=_birth_date(chance),
        sends_birth_date=chance.happens("birth date sent", 0.94),
        sends_age=chance.happens("age sent", 0.75),
        size_m=size_m if sized and not in_cm else None,
        size_text=(f"{size_m * 100:.0f}" if in_cm else f"{size_m:.2f}") if sized else "",
        weight_kg=weight if chance.happens("weighed", 0.88) else None,
        institution=institution if character_set in (LATIN_1, UTF_8) else institution.replace("ß", "ss"),
        german=character_set == LATIN_1 and chance.happens("german", 0.7),
    )


def _birth_date(chance: Chance) -> date:
    age_days = int(chance.normal("age", 80.5, 6.5, 52, 97) * 365.25)
    return date(2022, 7, 1) - timedelta(days=age_days)


def _name(number: int, sex: str, chance: Chance) -> tuple[str, tuple[str, ...]]:
    if number == JAPANESE_NAME:
        return "Yamada^Tarou=山田^太郎=やまだ^たろう", JAPANESE
    character_set = chance.pick("script", (LATIN_1,) * 5 + (UTF_8,) * 3 + ((),) * 4)
    family = chance.pick("family", FAMILIES[character_set])
    return f"{family}^{chance.pick('given', GIVEN[sex])}", character_set
