"""SQL of users on a snapshot of the lake, each statement in a process of its own.

Imports nothing here: that process reads this file too, and has as little loaded as it can.
"""
