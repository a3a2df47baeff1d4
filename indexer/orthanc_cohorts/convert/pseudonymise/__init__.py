"""DICOM objects under the pseudonyms of a site: PS3.15 basic profile with options, content trees included.

Entry: `objects.Pseudonymiser` for a data set, `folder.pseudonymise_files` for many files.
"""
