"""Frozen datasets as samples for training: columns, volumes, waveforms and masks in numpy."""

from orthanc_cohorts.learning.dataset import OpenDataset, Sample, open_dataset
from orthanc_cohorts.learning.masks import Mask
from orthanc_cohorts.learning.series import Series
from orthanc_cohorts.learning.volume import Volume
from orthanc_cohorts.learning.waveform import Waveform

__all__ = ["Mask", "OpenDataset", "Sample", "Series", "Volume", "Waveform", "open_dataset"]
