"""DICOM bytes to a light element tree, and element values to Python values.

The fast walker and the values need the standard library only; `pydicom_adapter` is the exception.
"""
