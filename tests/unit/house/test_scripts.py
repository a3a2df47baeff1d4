"""The scripts remove only what is theirs: never through a mount, never more than they made.

It knows shell text and runs one shell function on folders of its own. The rule has a cause: a cleanup once
walked through a bind mount and emptied the machine's own package folders.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]


def shell(checkout: Path, text: str, *prefix: str) -> subprocess.CompletedProcess[str]:
    command = [*prefix, "bash", "-c", f'source "$0"; {text}', str(checkout / "scripts/common.sh")]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_a_folder_without_mounts_is_removed(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "tree/inside").mkdir(parents=True)

    done = shell(checkout, f'remove_tree "{tmp_path}/tree"')

    assert done.returncode == 0
    assert not (tmp_path / "tree").exists()


def test_a_folder_with_a_mount_below_is_left_and_so_is_what_is_mounted(
    checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "tree/inside").mkdir(parents=True)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/file").write_text("keep")
    if subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine grants no mount namespace to try it in")

    done = shell(
        checkout,
        f'mount --bind -o ro "{tmp_path}/foreign" "{tmp_path}/tree/inside" && remove_tree "{tmp_path}/tree"',
        *NAMESPACE,
    )

    assert done.returncode != 0
    assert "is mounted below" in done.stderr
    assert (tmp_path / "foreign/file").read_text() == "keep"


def test_the_root_folder_is_never_removed(checkout: Path) -> None:
    done = shell(checkout, "rm() { echo called; }; remove_tree /")

    assert done.returncode != 0
    assert "called" not in done.stdout


def test_scripts_remove_folders_through_remove_tree_only(checkout: Path) -> None:
    lines = [
        (path.name, line.strip())
        for path in sorted((checkout / "scripts").iterdir())
        if path.is_file()
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\brm -\w*r", line) and not line.lstrip().startswith("#")
    ]

    # The second one runs inside a fresh root, on apt's own lists.
    assert [name for name, line in lines if "/var/lib/apt/lists" not in line] == ["common.sh"]


def test_only_enter_root_mounts_and_it_lends_folders_read_only(checkout: Path) -> None:
    mounting = [
        path.name
        for path in sorted((checkout / "scripts").iterdir())
        if path.is_file() and re.search(r"^\s*mount ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    text = (checkout / "scripts/enter-root").read_text(encoding="utf-8")

    assert mounting == ["enter-root"]
    assert 'mount --bind "${1%%:*}" "$target"\n    mount -o remount,bind,ro "$target"' in text
