"""`python -m orthanc_cohorts` is the command `orthanc-cohorts`."""

from orthanc_cohorts.cli.main import main

if __name__ == "__main__":
    main()
