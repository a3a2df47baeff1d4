# The five questions in base R: Rscript by_r.R READER SNAPSHOT prints question, what, count and sum, by tabs.
# READER: arrow, the package, or duckdb, the command, which R reads from.

arguments <- commandArgs(trailingOnly = TRUE)
reader <- arguments[1]
snapshot <- arguments[2]

# Keys have 63 bits, a number of R 53: they are read as text. Lists are read joined with ",".
keys <- c("patient_key", "study_key", "instance_key")

from_arrow <- function(table, columns) {
  options(arrow.int64_downcast = FALSE)
  files <- arrow::open_dataset(file.path(snapshot, table))
  rows <- as.data.frame(dplyr::collect(dplyr::select(files, dplyr::all_of(columns))))
  for (key in intersect(keys, columns)) rows[[key]] <- as.character(rows[[key]])
  for (name in columns) if (is.list(rows[[name]])) rows[[name]] <- sapply(rows[[name]], paste, collapse = ",")
  # The same instant in every zone: what is stored has none.
  for (name in columns) if (inherits(rows[[name]], "POSIXct")) attr(rows[[name]], "tzone") <- "UTC"
  rows
}

from_duckdb <- function(table, columns) {
  asked <- sub("^modalities$", "array_to_string(modalities, ',') AS modalities", columns)
  sql <- sprintf("SELECT %s FROM %s", paste(asked, collapse = ", "), table)
  command <- sprintf("duckdb -readonly -csv -nullvalue '' %s %s", shQuote(file.path(snapshot, "catalog.duckdb")), shQuote(sql))
  types <- ifelse(columns %in% c("value_canonical"), "numeric", "character")
  rows <- read.csv(pipe(command), colClasses = types, na.strings = "")
  for (name in grep("_time$", columns, value = TRUE)) rows[[name]] <- as.POSIXct(rows[[name]], tz = "UTC", format = "%Y-%m-%d %H:%M:%OS")
  rows
}

read <- if (reader == "arrow") from_arrow else from_duckdb

study <- read("study", c("study_key", "patient_key", "modalities"))
series <- read("series", c("study_key", "modality", "first_acquisition_time"))
measurement <- read(
  "measurement", c("study_key", "instance_key", "concept", "unit_canonical", "value_canonical", "event_time")
)

say <- function(question, what, count, sum = 0) {
  cat(sprintf("%s\t%s\t%d\t%.17g\n", question, what, as.integer(count), as.numeric(sum)), sep = "")
}

of_patient <- merge(series, study, by = "study_key")
both <- intersect(of_patient$patient_key[of_patient$modality == "CT"],
                  of_patient$patient_key[of_patient$modality == "ECG"])
say("both", "", length(both))

stated <- measurement[!is.na(measurement$value_canonical), ]
label <- paste(stated$concept, stated$unit_canonical)
sums <- tapply(stated$value_canonical, label, sum)
say("measured", names(sums), table(label)[names(sums)], sums)

modalities <- strsplit(study$modalities, ",", fixed = TRUE)
number <- lengths(modalities)
reports <- tapply(sapply(modalities, function(some) "SR" %in% some), number, sum)
say("modalities", names(reports), table(number)[names(reports)], reports)

first <- function(modality) {
  rows <- of_patient[of_patient$modality == modality & !is.na(of_patient$first_acquisition_time), ]
  aggregate(first_acquisition_time ~ patient_key, rows, min)
}
pairs <- merge(first("CT"), first("ECG"), by = "patient_key", suffixes = c(".ct", ".ecg"))
days <- as.Date(pairs$first_acquisition_time.ecg, tz = "UTC") - as.Date(pairs$first_acquisition_time.ct, tz = "UTC")
counts <- table(as.integer(days))
say("days", names(counts), counts)

qtc <- merge(stated[stated$concept == "MDC|2:15876", ], study, by = "study_key")
# Of one moment the larger key is the later, as text of one length.
qtc <- qtc[order(qtc$event_time, formatC(qtc$instance_key, width = 20)), ]
latest <- qtc$value_canonical[!duplicated(qtc$patient_key, fromLast = TRUE)]
say("qtc", "", sum(latest > 0.45), sum(latest))
