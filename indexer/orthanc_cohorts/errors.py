"""The exceptions of this project, all under one root.

    CohortsError
    * ConfigurationError        a setting is unknown or has a bad value
    * NotDicom                  the bytes are no DICOM object at all
    * UnsupportedEncoding       DICOM, but of a kind the fast walker leaves to pydicom
    * SchemaTooNew              index or saved cohorts were written by a newer version of this software
    * DefinitionError           a cohort definition is malformed or asks what cannot be asked
    * UnknownUnit               a unit that is neither UCUM nor in the repair table
    * UnknownContextGroup       a context group that PS3.16 does not list
    * OrthancUnavailable        Orthanc's REST API does not answer, or not as documented
    * IndexBusy                 too many requests at once, or the index is stopping
    * QueryRefused              a statement on the lake is none that is answered, or asks for too much
    * Unconfined                this machine lets no process give up its rights, so that no statement runs
    * SavedCohortError          a saved cohort cannot be read or changed
      * CohortUnknown           no cohort is saved under this name
      * CohortExists            one is saved under it already
      * CohortChanged           another version is the newest by now
      * CohortForeign           it belongs to somebody else
    * LakeError                 a lake or a snapshot of it cannot be read
    * DatasetError              a frozen dataset cannot be got, fetched or read as asked
      * NotFetched              files of its manifest are not where they are looked for
      * NoVolume                objects that make no volume of equally spaced slices
      * NoWaveform              an object without such a waveform
      * NoMask                  an object without masks, or masks that do not lie on the grid asked for
    * LakeUnavailable           the lake or its catalog cannot be reached, read or written
    * ConversionError           what is to become DICOM cannot; lists every problem, with row and column

A message says what, where and what to do. It may name UIDs and tags, never patient data.
"""

from __future__ import annotations


class CohortsError(Exception):
    """Root of all errors that this project raises on purpose."""


class ConfigurationError(CohortsError):
    """A setting is unknown or has a bad value; the message names it and what it takes."""


class NotDicom(CohortsError):
    """The bytes hold no DICOM data set that any reader here can find."""


class UnsupportedEncoding(CohortsError):
    """A DICOM encoding that the fast walker does not read (big endian, deflated, damaged).

    The pydicom adapter of the sidecar reads it instead.
    """


class SchemaTooNew(CohortsError):
    """Index or saved cohorts were written by a newer version; upgrade the software."""


class DefinitionError(CohortsError):
    """A cohort definition cannot be answered.

    pointer: JSON pointer (RFC 6901) to the clause that is wrong, "" for the whole definition.
    """

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


class UnknownUnit(CohortsError):
    """A unit string that neither UCUM nor the repair table knows."""


class UnknownContextGroup(CohortsError):
    """A number of a context group (CID) that PS3.16, in the edition known here, does not list."""


class OrthancUnavailable(CohortsError):
    """Orthanc's REST API cannot be reached or answered with an unexpected status."""


class IndexBusy(CohortsError):
    """The index takes no further request now; try again later."""


class QueryRefused(CohortsError):
    """A statement on the lake is no SELECT, is wrong, or asks for more than the site gives."""


class Unconfined(CohortsError):
    """A process for a statement could not give up what it must not have; nothing was run."""


class SavedCohortError(CohortsError):
    """A saved cohort cannot be read or changed."""


class CohortUnknown(SavedCohortError):
    """No cohort is saved under this name, or it has been deleted."""


class CohortExists(SavedCohortError):
    """A cohort is saved under this name already."""


class CohortChanged(SavedCohortError):
    """The change is meant for another version than the newest: somebody else was faster."""


class CohortForeign(SavedCohortError):
    """The cohort belongs to somebody else, and the caller is no admin."""


class LakeError(CohortsError):
    """A lake, or a snapshot of it, is not there or cannot be read as it is."""


class DatasetError(CohortsError):
    """A frozen dataset cannot be got, fetched or read as asked."""


class NotFetched(DatasetError):
    """Files of the manifest are not in the folder given; `orthanc-cohorts dataset fetch` gets them."""


class NoVolume(DatasetError):
    """The objects of a series make no volume of equally spaced, parallel slices."""


class NoWaveform(DatasetError):
    """The object holds no waveform, or none that can be read."""


class NoMask(DatasetError):
    """The object holds no masks, or they do not lie on the grid asked for."""


class LakeUnavailable(CohortsError):
    """The lake or its catalog cannot be reached, read or written where it is said to be; nothing is lost."""


class ConversionError(CohortsError):
    """What is to become DICOM cannot: nothing was written.

    problems: at least one; each says what, where and what to do. Unlike other messages they show values of
    the input, for whoever has to correct it; they are for the terminal, not for a log.
    """

    def __init__(self, *problems: object) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
