"""Data that is not DICOM yet becomes DICOM here; so far the generated study of the demo.

Needs the extra `[convert]` (highdicom); nothing outside this package may import it at start-up.
"""
