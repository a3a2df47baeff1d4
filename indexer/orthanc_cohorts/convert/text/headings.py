"""Headings of reports, English and German, as codes: sections by CID 7001, what stands in them by CID 7002.

Knows words; nothing of texts.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from orthanc_cohorts.convert.coding import Coding

Language = Literal["en", "de"]


class Heading(NamedTuple):
    """A heading. section: the code of the container. element: that of a text in it."""

    section: Coding
    element: Coding


def _alone(code: Coding) -> Heading:
    """A heading for whose texts CID 7002 has no concept of its own; it may be extended."""
    return Heading(code, code)


FINDINGS = Heading(Coding("LN", "59776-5", "Findings"), Coding("DCM", "121071", "Finding"))
_IMPRESSIONS = Heading(Coding("LN", "19005-8", "Impressions"), Coding("DCM", "121073", "Impression"))
_CONCLUSIONS = Heading(Coding("LN", "55110-1", "Conclusions"), Coding("DCM", "121077", "Conclusion"))
_RECOMMENDATIONS = Heading(
    Coding("LN", "18783-1", "Recommendations"), Coding("DCM", "121075", "Recommendation")
)
_PREVIOUS = Heading(Coding("LN", "18834-2", "Previous Findings"), Coding("DCM", "121069", "Previous Finding"))
_PROCEDURE = Heading(
    Coding("LN", "55111-9", "Current Procedure Descriptions"),
    Coding("DCM", "121065", "Procedure Description"),
)
_COMPLICATIONS = Heading(
    Coding("LN", "55109-3", "Complications"), Coding("SCT", "116224001", "Complication of Procedure")
)
_HISTORY = _alone(Coding("LN", "11329-0", "History"))
_REQUEST = _alone(Coding("LN", "55115-0", "Request"))
_SUMMARY = _alone(Coding("LN", "55112-7", "Summary"))
_PRESENTATION = _alone(Coding("LN", "55108-5", "Patient Presentation"))
_INDICATIONS = _alone(Coding("LN", "18785-6", "Indications for Procedure"))
_CLINICAL = _alone(Coding("LN", "55752-0", "Clinical Information"))
_ADDENDUM = _alone(Coding("LN", "55107-7", "Addendum"))
_MEDICATIONS = _alone(Coding("LN", "29549-3", "Medications Administered"))
_CRITICAL = _alone(Coding("LN", "73568-8", "Communication of Critical Results"))
_RADIATION = _alone(Coding("LN", "73569-6", "Radiation Exposure and Protection Information"))

_WORDS: list[tuple[Heading, str, str]] = [
    (FINDINGS, "findings|finding|results", "befund|befunde|ergebnis|ergebnisse"),
    (_IMPRESSIONS, "impression|impressions|assessment", "beurteilung|einschätzung"),
    (_CONCLUSIONS, "conclusion|conclusions", "schlussfolgerung|schlussfolgerungen|fazit"),
    (_RECOMMENDATIONS, "recommendation|recommendations", "empfehlung|empfehlungen|procedere|"
     "therapieempfehlung"),
    (_PREVIOUS, "comparison|previous findings|prior studies", "vorbefund|vorbefunde|voruntersuchung|"
     "voruntersuchungen|vergleich"),
    (_PROCEDURE, "procedure|technique|procedure description", "technik|durchführung|methode|"
     "untersuchungstechnik"),
    (_COMPLICATIONS, "complication|complications", "komplikation|komplikationen"),
    (_HISTORY, "history|medical history|clinical history", "anamnese|vorgeschichte|krankengeschichte"),
    (_REQUEST, "request|clinical question|question", "fragestellung|anforderung"),
    (_SUMMARY, "summary", "zusammenfassung"),
    (_PRESENTATION, "patient presentation|presentation", "vorstellungsgrund|aufnahmegrund"),
    (_INDICATIONS, "indication|indications|indications for procedure", "indikation|indikationen|"
     "rechtfertigende indikation"),
    (_CLINICAL, "clinical information|clinical details", "klinische angaben|klinische angabe|klinik"),
    (_ADDENDUM, "addendum", "nachtrag|ergänzung"),
    (_MEDICATIONS, "medications administered|medication administered", "verabreichte medikamente"),
    (_CRITICAL, "communication of critical results|critical results", "mitteilung kritischer befunde"),
    (_RADIATION, "radiation exposure|radiation dose", "strahlenexposition|strahlendosis"),
]  # fmt: skip


def _table() -> dict[str, tuple[Heading, Language]]:
    table: dict[str, tuple[Heading, Language]] = {}
    for heading, english, german in _WORDS:
        table |= dict.fromkeys(english.split("|"), (heading, "en"))
        table |= dict.fromkeys(german.split("|"), (heading, "de"))
    return table


_HEADINGS = _table()


def heading(text: str) -> tuple[Heading, Language] | None:
    """Return the heading that a text is, and the language of its words; None: it is no known one."""
    return _HEADINGS.get(" ".join(text.strip().rstrip(":").split()).casefold())
