"""A generated TAVI study of several modalities: the same bytes on every machine and in every run.

`write` makes the files, `questions` asks three cohorts of them, `expected` knows the answers from the
plan alone.
Nothing here is data of a real person.
"""
