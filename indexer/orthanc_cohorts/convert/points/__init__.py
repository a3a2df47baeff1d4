"""Points of landmarks, lesions and contours become reports of measurements (TID 1500).

`table`, `fcsv` and `markups` read files, `mapping` names codes, `report` writes the content tree.
"""
