"""ECGs of other formats become DICOM: WFDB, CSV, HL7 aECG, SCP-ECG and MUSE XML; a waveform and its report.

Every reader yields a `Recording`; one writer makes the waveform of it, one the report. Needs the extra
`[convert]`.
"""
