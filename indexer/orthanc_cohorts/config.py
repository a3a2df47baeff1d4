"""Settings: one row each with name, default, kind and help.

The rows feed the plugin, the sidecar, `orthanc-config/cohorts.json` and the documentation (tests hold
them equal). Standard library only; the plugin reads them inside Orthanc.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orthanc_cohorts.errors import ConfigurationError

ROLES = ("viewer", "analyst", "admin")
"""Least first; each may do what those before it may."""
NO_ROLE = "none"


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of the `Cohorts` section.

    name: PascalCase without neighbouring capitals, so that `ORTHANC__COHORTS__DATA_DIRECTORY` maps to it.
    default: also tells the kind (bool, int, float, str, dict); a number must lie within low and high, a text
    or each value of a mapping be one of choices.
    """

    name: str
    default: bool | int | float | str | dict[str, str]
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


SETTINGS: tuple[Setting, ...] = (
    Setting("Enable", True, "Whether the plugin does anything at all."),
    Setting(
        "DataDirectory",
        "",
        "Folder of index, saved cohorts and socket, mode 0700. Empty: `cohorts` below Orthanc's "
        "IndexDirectory.",
    ),
    Setting(
        "Sidecar",
        "child",
        "`child`: the plugin starts and supervises the sidecar. `external`: it runs elsewhere, for example "
        "in a container of its own, and is reached through Socket.",
        choices=("child", "external"),
    ),
    Setting(
        "Interpreter",
        "",
        "Python interpreter that has orthanc-cohorts installed, for the sidecar. Empty: the one in the "
        "`orthanc-cohorts` command found on PATH. `orthanc-cohorts install` fills this in.",
    ),
    Setting("Socket", "", "Unix socket of the sidecar. Empty: `sidecar.sock` in DataDirectory."),
    Setting(
        "OrthancUrl",
        "",
        "URL at which the sidecar reaches this Orthanc. Empty: derived from HttpPort and SslEnabled.",
    ),
    Setting(
        "Roles",
        {},
        "Role of each user that Orthanc authenticates or TrustedUserHeader names: a mapping such as "
        '{"alice": "viewer", "bob": "admin"}. As text, for environment variables: the same as JSON, or '
        "`alice:viewer,bob:admin`. A viewer may count and see which fields there are; an analyst also lists "
        "patients, studies and reports, and saves cohorts; an admin may do everything.",
        choices=ROLES,
    ),
    Setting(
        "AnonymousRole",
        NO_ROLE,
        "Role of everybody whom Roles does not name: users without a role of their own, and all callers "
        "where Orthanc does not authenticate (AuthenticationEnabled). `none`: they get 403.",
        choices=(NO_ROLE, *ROLES),
    ),
    Setting(
        "TrustedUserHeader",
        "",
        "Name of the HTTP header in which a reverse proxy states the user that it has authenticated, such as "
        "X-Remote-User. Set it only where nobody reaches Orthanc but through that proxy, and where the proxy "
        "replaces what clients send under this name: of two, Orthanc hands over the first. Empty: no header "
        "is believed.",
    ),
    Setting(
        "LabelRestriction",
        "refuse",
        "Where Orthanc's authorization plugin is configured, users may be restricted to studies with certain "
        "labels, which the index does not know. `refuse`: all questions get 403 there. `ignore`: labels "
        "restrict nobody at this site, or whoever may call /cohorts may know the whole archive.",
        choices=("refuse", "ignore"),
    ),
    Setting("QueueLimit", 100_000, "Events held in memory; the rest is caught up later.", 100, 10_000_000),
    Setting("BatchInstances", 1_200, "Instances in one push to the sidecar, at most.", 1, 10_000),
    Setting(
        "BatchDelayMs",
        2_000,
        "How long the first instance of a push waits for company while very many arrive, ms; an eighth of it "
        "otherwise.",
        0,
        5_000,
    ),
    Setting(
        "MaxPluginItems",
        5_000,
        "Reports with more content items are left to the sidecar, to keep Orthanc's Python free.",
        10,
        1_000_000,
    ),
    Setting(
        "MaxPluginBytes",
        8_388_608,
        "Larger objects are left to the sidecar where their file cannot be opened directly, bytes.",
        65_536,
        1_073_741_824,
    ),
    Setting("MaxBodyBytes", 1_048_576, "Largest body that a route accepts, bytes.", 1_024, 1_073_741_824),
    Setting("MaxBodyNesting", 64, "Deepest JSON nesting that a route accepts.", 4, 1_000),
    Setting("MaxRequests", 16, "Requests forwarded to the sidecar at once; further ones get 503.", 1, 1_000),
    Setting("RequestTimeoutSeconds", 30, "After this time a request gets 504, seconds.", 1, 3_600),
    Setting(
        "DefaultIssuer",
        "",
        "IssuerOfPatientID assumed where none is sent. A patient is (PatientID, issuer), never the id alone.",
    ),
    Setting("PollSeconds", 2.0, "How often the sidecar reads Orthanc's change log, seconds.", 0.1, 3_600),
    Setting("ReconcileSeconds", 3_600, "How often series are compared with Orthanc's, seconds.", 1, 604_800),
    Setting(
        "SweepSeconds",
        86_400,
        "How often every instance's attachment is compared, in pages, seconds.",
        1,
        2_592_000,
    ),
    Setting("FetchWorkers", 2, "Objects that the sidecar reads at once while catching up.", 1, 64),
    Setting("Threads", 2, "Threads of DuckDB once the index is large enough to gain by them.", 1, 256),
    Setting("MemoryLimit", "2GB", "Memory limit of DuckDB, for example 2GB."),
    Setting(
        "HoldMegabytes",
        512,
        "Memory of the sidecar for columns and values of the index that questions compare, beside DuckDB's; "
        "12 MB per million values and 8 MB per million rows and column. 0: nothing is held.",
        0,
        1_000_000,
    ),
    Setting("PurgeSeconds", 5.0, "How long rows of deleted instances may stay, hidden, seconds.", 0, 86_400),
    Setting(
        "ArrangeRows",
        100_000,
        "Statements that may come before what questions read is sorted anew; never less than a twentieth.",
        0,
        10_000_000,
    ),
    Setting(
        "DatasetPolicy",
        "pseudonymise",
        "What frozen datasets say of people. `pseudonymise`: identifiers and UIDs by keyed pseudonyms, dates "
        "shifted per patient, no free text. `drop`: no dates either, and pseudonyms of one dataset alone. "
        "`keep`: everything as it is.",
        choices=("pseudonymise", "drop", "keep"),
    ),
    Setting(
        "LakeDirectory",
        "",
        "Folder into which the index is published as Parquet, for a group that may read it and nothing else; "
        "outside the data directory. Or object storage: `s3://bucket/prefix?region=...`, with `scheme` and "
        "`endpoint_override` where it is not Amazon's; credentials come by the environment, files or roles "
        "that AWS's own tools use. Empty: there is no lake.",
    ),
    Setting(
        "LakePolicy",
        "pseudonymise",
        "What the lake says of people; words as of DatasetPolicy. `drop`: no UIDs either, and keys that meet "
        "no dataset.",
        choices=("pseudonymise", "drop", "keep"),
    ),
    Setting(
        "LakeKeepHours",
        24,
        "How long a snapshot of the lake stays once another is current, hours.",
        0,
        87_600,
    ),
    Setting(
        "LakePublishAt",
        "",
        "Time of day, of this machine, at which the lake is published if something has changed, for "
        "example 03:30. Empty: only when asked.",
    ),
    Setting(
        "LakePublishIdleSeconds",
        0,
        "The lake is published too once nothing has changed for so long, seconds. 0: never.",
        0,
        86_400,
    ),
    Setting(
        "LakeIceberg",
        False,
        "Whether each publication is registered as Apache Iceberg tables too, for Trino, Spark, Snowflake "
        "and others. Needs the extra `iceberg`.",
    ),
    Setting(
        "LakeIcebergCatalog",
        "",
        "Catalog of the Iceberg tables: an address as pyiceberg takes it (`https://...` REST, `thrift://...` "
        "Hive, `sqlite:///...` and other databases), without a password: credentials come by pyiceberg's own "
        "configuration of the catalog `cohorts`. Empty: a file of SQLite, `iceberg/iceberg.db` in a "
        "LakeDirectory that is a folder, else `iceberg.db` in the data directory.",
    ),
    Setting("LakeIcebergNamespace", "lake", "Namespace of the Iceberg tables in their catalog."),
    Setting(
        "Sql",
        False,
        "Whether analysts may send SELECT statements, each answered on the current snapshot of the lake by a "
        "process of its own. Needs a LakeDirectory that is a folder, and a Linux that lets processes confine "
        "themselves (Landlock: 5.13 and later).",
    ),
    Setting(
        "SqlSeconds",
        25,
        "After this time a statement gets 504, seconds; through Orthanc not later than after "
        "RequestTimeoutSeconds.",
        1,
        3_600,
    ),
    Setting(
        "SqlMemoryMegabytes",
        1_024,
        "Memory of DuckDB for one statement, MB; its process has 512 MB more. Nothing is written to disk "
        "instead.",
        64,
        1_000_000,
    ),
    Setting("SqlRows", 100_000, "Rows of an answer; with more, the statement is refused.", 1, 10_000_000),
    Setting(
        "SqlAnswerMegabytes",
        64,
        "Size of an answer, as Arrow and as it is sent, MB; with more, the statement is refused.",
        1,
        256,
    ),
    Setting(
        "SqlProcesses",
        2,
        "Statements answered at once; further ones get 503. Each uses as many threads as Threads says.",
        1,
        64,
    ),
    Setting("LogLevel", "info", "Verbosity of the sidecar.", choices=("debug", "info", "warning", "error")),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; read one with `settings["QueueLimit"]`."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @classmethod
    def from_mapping(cls, section: Mapping[str, Any]) -> Settings:
        """Return the settings that a `Cohorts` section states, defaults filled in.

        Text is taken for numbers and booleans too, since environment variables are text.
        Raises ConfigurationError: an unknown name, a wrong kind or a value out of range.
        """
        unknown = sorted(set(section) - set(_BY_NAME))
        if unknown:
            raise ConfigurationError(
                f"unknown option Cohorts.{unknown[0]}; the options are {', '.join(sorted(_BY_NAME))}"
            )
        values: dict[str, Any] = {s.name: s.default for s in SETTINGS}
        values.update((name, _value(_BY_NAME[name], value)) for name, value in section.items())
        return cls(values)


def _value(setting: Setting, value: Any) -> Any:
    kind = type(setting.default)
    if kind is dict:
        return _mapping(setting, value)
    converted: Any = _from_text(kind, value) if isinstance(value, str) else value
    if kind is float and type(converted) is int:
        converted = float(converted)
    if type(converted) is not kind:
        raise ConfigurationError(f"Cohorts.{setting.name} takes a {_KINDS[kind]}, not {value!r}")
    if isinstance(converted, int | float) and not isinstance(converted, bool):
        low, high = setting.low, setting.high
        if (low is not None and converted < low) or (high is not None and converted > high):
            raise ConfigurationError(f"Cohorts.{setting.name} takes {low:g} to {high:g}, not {value!r}")
    if setting.choices and converted not in setting.choices:
        choices = " or ".join(setting.choices)
        raise ConfigurationError(f"Cohorts.{setting.name} takes {choices}, not {value!r}")
    return converted


def _mapping(setting: Setting, value: Any) -> dict[str, str]:
    """Return a mapping as stated, or as text: a JSON object, or `name:value,name:value`."""
    given = value
    if isinstance(value, str):
        try:
            given = json.loads(value or "{}")
        except ValueError:
            pairs = [pair.rpartition(":") for pair in value.split(",")]
            given = {name.strip(): choice.strip() for name, _, choice in pairs}
            if len(given) < len(pairs):
                raise ConfigurationError(f"Cohorts.{setting.name} names somebody twice") from None
    if not isinstance(given, dict) or not all(given):
        raise ConfigurationError(
            f"Cohorts.{setting.name} takes a mapping of names, such as "
            f'{{"alice": "{setting.choices[0]}"}} or `alice:{setting.choices[0]}`'
        )
    for name, choice in given.items():
        if choice not in setting.choices:
            choices = " or ".join(setting.choices)
            raise ConfigurationError(f"Cohorts.{setting.name} gives {name!r} {choice!r}; it takes {choices}")
    return dict(given)


_KINDS = {bool: "boolean", int: "whole number", float: "number", str: "text"}


def _from_text(kind: type, text: str) -> Any:
    if kind is str:
        return text
    try:
        return json.loads(text.strip().lower())
    except ValueError:
        return text


def documented() -> str:
    """Return `orthanc-config/cohorts.json`: every option with its default, help as comments.

    Orthanc's configuration files allow C++ comments.
    """
    lines = ["{", '  "Cohorts": {']
    for number, setting in enumerate(SETTINGS):
        comma = "," if number < len(SETTINGS) - 1 else ""
        lines += [f"    // {line}" for line in _wrapped(setting.help)]
        lines += [f"    {json.dumps(setting.name)}: {json.dumps(setting.default)}{comma}", ""]
    lines[-1:] = ["  }", "}", ""]
    return "\n".join(lines)


def _wrapped(text: str, width: int = 100) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
