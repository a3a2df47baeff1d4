"""Data that is not DICOM yet becomes DICOM here: tables, ECGs, volumes, points, texts; and the demo's study.

Needs the extra `[convert]`, the demo `[demo]` alone; nothing outside this package may import it at start-up.
"""
