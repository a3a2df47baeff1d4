"""One object, pseudonymised: a pure function from data set to data set.

Knows the order of the steps; no files. Same object, key, options and rules: same result.
"""

from __future__ import annotations

from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from orthanc_cohorts.convert.header import UTF_8
from orthanc_cohorts.convert.pseudonymise.cleaning import Cleaner
from orthanc_cohorts.convert.pseudonymise.deciding import Decisions
from orthanc_cohorts.convert.pseudonymise.documents import hide_document
from orthanc_cohorts.convert.pseudonymise.fragments import make_even
from orthanc_cohorts.convert.pseudonymise.naming import look
from orthanc_cohorts.convert.pseudonymise.person import Person, plain
from orthanc_cohorts.convert.pseudonymise.profile import Options
from orthanc_cohorts.convert.pseudonymise.refusing import reason_to_refuse
from orthanc_cohorts.convert.pseudonymise.rules import Rules
from orthanc_cohorts.convert.pseudonymise.stating import state
from orthanc_cohorts.convert.pseudonymise.tally import Tally
from orthanc_cohorts.datasets.pseudonyms import Pseudonyms
from orthanc_cohorts.errors import ConversionError

_NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


class Pseudonymiser:
    """Key, options and rules of a run."""

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        options: Options | None = None,
        rules: Rules | None = None,
        default_issuer: str = "",
    ) -> None:
        """default_issuer: IssuerOfPatientID to assume where none is sent, as in the index."""
        self._default_issuer = default_issuer
        self.options = options or Options()
        self._pseudonyms = pseudonyms
        self._decisions = Decisions(self.options, rules or Rules())

    def __call__(self, ds: Dataset, tally: Tally | None = None) -> Dataset:
        """Return an object under the site's pseudonyms, text in UTF-8, with its file meta; ds stays as it is.

        tally: gets what was done. Raises ConversionError: the object is refused, and why.
        """
        with config.disable_value_validation():
            reason = reason_to_refuse(ds, self.options.burned_in)
            if reason is not None:
                raise ConversionError(reason)
            return self._object(ds, tally or Tally())

    def name_of(self, ds: Dataset) -> str:
        """Return the name of the file of an object that was pseudonymised; it tells nothing."""
        digest = self._pseudonyms.of_resource(f"file\0{plain(ds, 'SOPInstanceUID')}")
        return f"{digest[:2]}/{digest}.dcm"

    def _object(self, ds: Dataset, tally: Tally) -> Dataset:
        person = Person(self._pseudonyms, ds, self._default_issuer)
        named = look(ds, self._decisions)
        cleaner = Cleaner(self._decisions, person, named.watch, tally, named.is_referred_to)
        out = cleaner.cleaned(ds, is_item=False)
        out.SpecificCharacterSet = UTF_8
        if not self._decisions.is_ruled(0x00100020):
            out.PatientID = person.pseudonym
        if not self._decisions.is_ruled(0x00100010):
            out.PatientName = person.pseudonym
        hide_document(out)
        make_even(out)
        state(out, self.options)
        out.file_meta = FileMetaDataset()
        out.file_meta.TransferSyntaxUID = transfer_syntax(ds)
        out.file_meta.MediaStorageSOPClassUID = out.SOPClassUID
        out.file_meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID
        return out


def transfer_syntax(ds: Dataset) -> UID:
    """Return the transfer syntax of an object: the stated one, but for uncompressed ones the one it has.

    Files lie about it, or state none.
    """
    stated = UID(plain(getattr(ds, "file_meta", Dataset()), "TransferSyntaxUID"))
    implicit, little = ds.original_encoding
    if implicit is None or (stated and stated not in _NATIVE):
        return stated or ExplicitVRLittleEndian
    if implicit:
        return ImplicitVRLittleEndian
    if not little:
        return ExplicitVRBigEndian
    return (
        stated
        if stated in (ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
        else ExplicitVRLittleEndian
    )
