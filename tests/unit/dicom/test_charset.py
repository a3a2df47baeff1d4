"""Text under every kind of SpecificCharacterSet; pydicom is the oracle."""

from __future__ import annotations

import pytest
from pydicom.charset import convert_encodings, decode_bytes, encode_string

from orthanc_cohorts.dicom.charset import Decoder

SINGLE = [
    ("", "Smith^John"),
    ("ISO_IR 100", "Müller^Jörg"),
    ("ISO_IR 101", "Wałęsa"),
    ("ISO_IR 109", "ĥaŭ"),
    ("ISO_IR 110", "ķēniņš"),
    ("ISO_IR 144", "Люкceмбypг"),
    ("ISO_IR 127", "قباني"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 138", "שרון"),
    ("ISO_IR 148", "Çavuşoğlu"),
    ("ISO_IR 166", "นามสกุล"),
    ("ISO_IR 192", "王^小東=Ζ"),
    ("GB18030", "王^小东"),
    ("GBK", "王^小东"),
]
EXTENDED = [
    ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"),
    ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", "Müller=Люкceмбypг"),
]


@pytest.mark.parametrize(("term", "text"), SINGLE)
def test_a_single_character_set_decodes_as_pydicom_does(term: str, text: str):
    encoded = encode_string(text, convert_encodings(term))

    assert Decoder(term).decode(encoded) == decode_bytes(encoded, convert_encodings(term), set()) == text


@pytest.mark.parametrize(("terms", "text"), EXTENDED)
def test_code_extensions_switch_within_a_value(terms: str, text: str):
    encodings = convert_encodings(terms.split("\\"))
    encoded = b"=".join(encode_string(part, encodings) for part in text.split("="))

    assert Decoder(terms).decode(encoded) == text


def test_half_width_katakana_decode():
    assert Decoder("ISO_IR 13").decode("ﾔﾏﾀﾞ^ﾀﾛｳ".encode("shift_jis")) == "ﾔﾏﾀﾞ^ﾀﾛｳ"


def test_chinese_by_escape_decodes_as_in_the_standard():
    # PS3.5 K.2
    encoded = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="

    assert Decoder("\\ISO 2022 IR 58").decode(encoded) == "Zhang^XiaoDong=张^小东="


def test_an_extension_used_without_its_escape_is_tried_and_told():
    decoder = Decoder("\\ISO 2022 IR 58")

    assert decoder.decode(b"\xd5\xc5^\xd0\xa1\xb6\xab") == "张^小东"
    assert decoder.failed


@pytest.mark.parametrize("term", ["ISO-IR 100", "ISO IR 100", "iso_ir 100", "ISO_IR 100 "])
def test_misspelt_terms_are_understood(term: str):
    decoder = Decoder(term)

    assert decoder.decode("ü".encode("latin-1")) == "ü"
    assert decoder.unknown is None


def test_an_unknown_term_is_named_and_latin_1_assumed():
    decoder = Decoder("KLINGON")

    assert decoder.decode(b"\xe4") == "ä"
    assert decoder.unknown == "KLINGON"


def test_utf_8_labelled_ascii_is_read_as_utf_8_and_told():
    decoder = Decoder(None)

    assert decoder.decode("é".encode()) == "é"
    assert decoder.failed


def test_padding_goes_at_the_end_only():
    assert Decoder(None).decode(b"  a b \0") == "  a b"
