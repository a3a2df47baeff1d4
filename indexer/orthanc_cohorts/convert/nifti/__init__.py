"""NIfTI volumes become CT and MR images, label volumes become segmentations of an image series."""
