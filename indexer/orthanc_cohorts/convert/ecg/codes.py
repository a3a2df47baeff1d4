"""The codes of what ECG reports state: measurements, diseases, findings, units.

Data only. Codes without a context group here are of SNOMED CT or LOINC themselves.
"""

from __future__ import annotations

from orthanc_cohorts.convert.coding import Coding


def _sct(code: str, meaning: str) -> Coding:
    return Coding("SCT", code, meaning)


FINDING = Coding("DCM", "121071", "Finding")
COMMENT = Coding("DCM", "121106", "Comment")
YES, NO = _sct("373066001", "Yes"), _sct("373067005", "No")
SITE = _sct("363698007", "Finding Site")

VENTRICULAR_RATE = Coding("MDC", "2:16016", "Ventricular Heart Rate")
ATRIAL_RATE = Coding("MDC", "2:16020", "Atrial Heart Rate")
QT = Coding("MDC", "2:16160", "QT interval global")
PR = Coding("MDC", "2:15872", "PR interval global")
QRS = Coding("MDC", "2:16156", "QRS duration global")
RR = Coding("MDC", "2:16168", "RR interval global")
PP = Coding("MDC", "2:16140", "PP interval global")
P_DURATION = Coding("MDC", "2:16184", "P duration global")
QTC = Coding("MDC", "2:15876", "QTc interval global")
QTC_BAZETT = Coding("MDC", "2:15880", "QTc global using Bazett formula")
QTC_FRIDERICIA = Coding("MDC", "2:15892", "QTc global using Fredericia formula")
P_AXIS = Coding("MDC", "2:16128", "P Axis")
QRS_AXIS = Coding("MDC", "2:16132", "QRS axis")
T_AXIS = Coding("MDC", "2:16136", "T axis")

UNITS = {
    "mmhg": "mm[Hg]", "cmh2o": "cm[H2O]", "kpa": "kPa", "l/min": "L/min", "l/min/m2": "L/min/m2",
    "l/min*m2": "L/min/m2", "l/min/m²": "L/min/m2", "ml/m2": "mL/m2", "ml/m²": "mL/m2", "ml": "mL",
    "mg": "mg", "g": "g", "%": "%", "ms": "ms", "s": "s", "bpm": "/min", "/min": "/min", "1/min": "/min",
    "deg": "deg", "cm": "cm", "kg": "kg",
}  # fmt: skip
"""Units as headers write them, in small letters, to UCUM."""

INFARCTION = _sct("22298006", "Myocardial Infarction")
ACUTE_INFARCTION = _sct("57054005", "Acute myocardial infarction")
FORMER_INFARCTION = _sct("399211009", "History of Myocardial Infarction")

DISEASES: dict[str, Coding] = {
    "myocardial infarction": INFARCTION,
    "cardiomyopathy": _sct("85898001", "Cardiomyopathy"),
    "heart failure": _sct("84114007", "Heart failure"),
    "bundle branch block": _sct("6374002", "Bundle branch block"),
    "dysrhythmia": _sct("698247007", "Cardiac Arrhythmia"),
    "arrhythmia": _sct("698247007", "Cardiac Arrhythmia"),
    "valvular heart disease": _sct("368009", "Valvular heart disease"),
    "myocarditis": _sct("50920009", "Myocarditis"),
    "unstable angina": _sct("4557003", "Unstable Angina"),
    "stable angina": _sct("233819005", "Stable Angina"),
    "angina pectoris": _sct("194828000", "Angina pectoris"),
    "palpitation": _sct("80313002", "Palpitations"),
    "palpitations": _sct("80313002", "Palpitations"),
    "syncope": _sct("271594007", "Syncope"),
    "diabetes mellitus": _sct("73211009", "Diabetes mellitus"),
    "diabetes": _sct("73211009", "Diabetes mellitus"),
    "arterial hypertension": _sct("38341003", "Hypertension"),
    "hypertension": _sct("38341003", "Hypertension"),
    "hyperlipoproteinemia": _sct("3744001", "Hyperlipoproteinemia"),
    "hyperlipidemia": _sct("55822004", "Hyperlipidemia"),
    "hypercholesterolemia": _sct("13644009", "Hypercholesterolemia"),
    "hyperuricemia": _sct("35885006", "Hyperuricemia"),
    "obesity": _sct("414916001", "Obesity"),
    "pulmonary hypertension": _sct("70995007", "Pulmonary hypertension"),
    "healthy control": _sct("102512003", "Healthy adult"),
    "coronary artery disease": _sct("53741008", "Coronary Artery Disease"),
    "atrial fibrillation": _sct("49436004", "Atrial Fibrillation"),
    "left bundle branch block": _sct("63467002", "Left bundle branch block"),
    "right bundle branch block": _sct("59118001", "Right bundle branch block"),
    "sinus rhythm": _sct("64730000", "Normal sinus rhythm"),
    "normal sinus rhythm": _sct("64730000", "Normal sinus rhythm"),
    "renal insufficiency": _sct("42399005", "Renal failure syndrome"),
    "hyperthyroidism": _sct("34486009", "Hyperthyroidism"),
    "hypothyroidism": _sct("40930008", "Hypothyroidism"),
}
"""Phrases that name a disease or finding and nothing else, in small letters (CID 3201, 3230, 3700)."""

INFARCTIONS: dict[frozenset[str], Coding] = {
    frozenset(walls.split()): _sct(code, f"Acute myocardial infarction of {meaning}")
    for walls, code, meaning in (
        ("ant", "54329005", "anterior wall"),
        ("ant lat", "70211005", "anterolateral wall"),
        ("ant sep", "62695002", "anteroseptal region"),
        ("inf", "73795002", "inferior wall"),
        ("inf lat", "65547006", "inferolateral wall"),
        ("inf pos", "76593002", "inferoposterior wall"),
        ("lat", "58612006", "lateral wall"),
        ("pos lat", "15990001", "posterolateral wall"),
        ("sep", "70998009", "septum"),
    )
}
"""Walls, by the first three letters of their names, to the acute infarction of just these (SNOMED CT)."""

MYOCARDIUM: dict[frozenset[str], Coding] = {
    frozenset(("ant", "lat")): _sct("73050001", "myocardium of anterolateral region"),
    frozenset(("inf", "lat")): _sct("16239001", "myocardium of inferolateral region"),
    frozenset(("pos", "lat")): _sct("33272004", "myocardium of posterolateral region"),
    frozenset(("inf",)): _sct("72542009", "myocardium of diaphragmatic region"),
    frozenset(("api",)): _sct("47962008", "myocardium of apex of heart"),
}
"""Walls to the region of the myocardium (CID 3718); other walls are of the left ventricle's myocardium."""
LEFT_VENTRICLE = _sct("49848007", "Myocardium of left ventricle")

SNOMED: dict[str, Coding] = {
    "164889003": _sct("164889003", "ECG: atrial fibrillation"),
    "164890007": _sct("164890007", "ECG: atrial flutter"),
    "270492004": _sct("270492004", "First degree Atrioventricular block"),
    "426627000": _sct("426627000", "ECG: bradycardia"),
    "713427006": _sct("713427006", "Complete right bundle branch block"),
    "713426002": _sct("713426002", "Incomplete right bundle branch block"),
    "445118002": _sct("445118002", "Left anterior fascicular block"),
    "39732003": _sct("39732003", "Left axis deviation"),
    "47665007": _sct("47665007", "Right axis deviation"),
    "164909002": _sct("164909002", "ECG: left bundle branch block"),
    "733534002": _sct("733534002", "Complete left bundle branch block"),
    "251146004": _sct("251146004", "Low QRS voltages"),
    "698252002": _sct("698252002", "Nonspecific intraventricular conduction disorder"),
    "10370003": _sct("10370003", "Rhythm from artificial pacing"),
    "284470004": _sct("284470004", "Atrial premature contraction"),
    "427172004": _sct("427172004", "Premature ventricular contraction"),
    "164947007": _sct("164947007", "Prolonged PR interval"),
    "111975006": _sct("111975006", "Prolonged QT interval"),
    "164917005": _sct("164917005", "ECG: Q wave abnormal"),
    "59118001": _sct("59118001", "Right bundle branch block"),
    "427393009": _sct("427393009", "Sinus arrhythmia"),
    "426177001": _sct("426177001", "ECG: sinus bradycardia"),
    "426783006": _sct("426783006", "ECG: sinus rhythm"),
    "427084000": _sct("427084000", "ECG: sinus tachycardia"),
    "63593006": _sct("63593006", "Supraventricular premature beats"),
    "164934002": _sct("164934002", "ECG: T wave abnormal"),
    "59931005": _sct("59931005", "Inverted T wave"),
    "17338001": _sct("17338001", "Ventricular premature beats"),
    "164865005": _sct("164865005", "ECG: myocardial infarction"),
    "164873001": _sct("164873001", "ECG: left ventricular hypertrophy"),
    "429622005": _sct("429622005", "ST segment depression"),
    "164931005": _sct("164931005", "ECG: ST elevation"),
}
"""Diagnoses that headers of PhysioNet's challenges of 2020 and 2021 give as bare numbers of SNOMED CT."""
