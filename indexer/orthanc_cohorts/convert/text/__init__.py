"""Texts become reports (Basic Text SR, TID 2000), PDF files become objects that hold them.

`headings` knows words of sections, `section` divides a text, `report` and `pdf` write.
"""
