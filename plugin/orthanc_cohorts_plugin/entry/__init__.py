"""The folder of the script that Orthanc's option `PythonScript` names.

Holds nothing else: Orthanc puts this folder first on Python's path.
"""
