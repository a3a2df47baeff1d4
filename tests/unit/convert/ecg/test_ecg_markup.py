"""XML of strangers: what is read, and what is refused."""

import pytest

from orthanc_cohorts.convert.ecg import markup
from orthanc_cohorts.errors import ConversionError


def problem(data):
    with pytest.raises(ConversionError) as error:
        markup.tree(data, "e.xml")
    (found,) = error.value.problems
    return str(found)


def test_names_lose_their_namespaces():
    root = markup.tree(b'<a xmlns="urn:x" xmlns:y="urn:y"><b y:type="T">t</b></a>', "e.xml")

    assert (root.tag, markup.attribute(root, "type", "b"), markup.text(root, "b")) == ("a", "T", "t")


def test_a_path_that_is_not_there_is_empty():
    root = markup.tree(b"<a><b/></a>", "e.xml")

    assert markup.text(root, "b", "c") == markup.attribute(root, "x", "b") == markup.text(None) == ""
    assert markup.child(root, "c") is None
    assert list(markup.below(None, "b")) == []


def test_a_definition_elsewhere_is_not_read_and_other_encodings_are():
    data = '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a SYSTEM "/etc/passwd"><a>Müller</a>'

    assert markup.text(markup.tree(data.encode("latin-1"), "e.xml")) == "Müller"
    assert markup.text(markup.tree("<a>ä</a>".encode("utf-16"), "e.xml")) == "ä"


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "aaaaaaaaaa">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;',
        '<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">',
    ],
)
def test_entities_are_refused_before_they_grow_or_reach_anything(entity):
    found = problem(f"<!DOCTYPE x [{entity}]><x>&a;</x>".encode())

    assert found == "e.xml, row 1: declares entities, which no ECG needs; refused"


def test_nesting_without_end_is_refused():
    assert "nests deeper than 64 elements" in problem(b"<a>" * 100_000)


@pytest.mark.parametrize("data", [b"", b"<a>", b"<a></b>", b"no xml", b"<a>\x00</a>", b"<a>&unknown;</a>"])
def test_what_is_no_xml_is_said_to_be_none(data):
    assert "is no XML" in problem(data)


def test_an_encoding_that_there_is_not_is_an_error():
    assert "is no XML" in problem(b'<?xml version="1.0" encoding="klingon"?><a/>')
