#!/bin/sh
# All that there is of a TAVI study becomes DICOM: registry, CT, calcium, annulus points, ECG and ECG report.
# usage: examples/tavi/convert.sh DATA OUT        (DATA: made by generate.py, or laid out as it does)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
data=$1
out=$2
cohorts=${COHORTS:-orthanc-cohorts}

$cohorts convert table "$data/registry.csv" --mapping "$here/registry.yaml" --out "$out/registry"

# Whose files these are stands in the registry.
tail -n +2 "$data/registry.csv" | while IFS=, read -r patient sex born day _; do
    who="--patient-id $patient --issuer TAVI --sex $(echo "$sex" | tr mf MF) --birth-date $born"
    files="$data/$patient"
    # shellcheck disable=SC2086
    $cohorts convert nifti image "$files/ct.nii.gz" --modality CT --out "$out/$patient/ct" \
        $who --study ct --time "$day" --study-description "CT before TAVI"
    $cohorts convert nifti segmentation "$files/calcium.nii.gz" --labels "$here/calcium.yaml" \
        --image "$out/$patient/ct" --out "$out/$patient/calcium"
    $cohorts convert points "$files/annulus.mrk.json" --mapping "$here/annulus.yaml" \
        --image "$out/$patient/ct" --out "$out/$patient/annulus"
    # shellcheck disable=SC2086
    $cohorts convert ecg "$files/ecg.csv" --unit uV --sampling-hz 500 --out "$out/$patient/ecg" \
        $who --study ecg --time "${day}T08:00:00" --study-description "Resting 12-lead ECG"
done
