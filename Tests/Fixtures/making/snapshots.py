"""A stage's folder as data: each content once, a list of where it goes, no folder of this machine.

Databases are written anew in small pages with their journal in the one file. Where a text names the
stage's folder @ROOT@ stands for it; a test puts its own folder in the place of it.
"""

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

from programs import write_json

MARK = "@ROOT@"
PAGE_BYTES = 512
# What belongs to a running process, or to nobody.
LEFT_OUT = {"logs", "sockets", "secrets"}


def take(root: Path, name: str, work: Path, out: Path) -> None:
    """Writes OUT/NAME.json and the contents that it names into OUT/blobs."""
    copy = work / f"copy of {name}"
    shutil.copytree(root, copy, ignore=lambda folder, names: [
        entry for entry in names if Path(folder) == root and entry in LEFT_OUT])
    for database in sorted(copy.rglob("*.sqlite")):
        compact(database, str(root))
    files, folders = {}, []
    for path in sorted(copy.rglob("*")):
        place = str(path.relative_to(copy))
        if path.is_dir():
            if not any(path.iterdir()):
                folders.append(place)
            continue
        content = path.read_bytes()
        if path.suffix in [".toml", ".json"]:
            content = content.replace(str(root).encode(), MARK.encode())
        if str(root).encode() in content:
            raise SystemExit(f"make: {place} names the stage's folder")
        digest = hashlib.sha256(content).hexdigest()
        blob = out / "blobs" / digest
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        files[place] = {"sha256": digest, "mode": f"{path.stat().st_mode & 0o777:o}"}
        if MARK.encode() in content:
            files[place]["names_root"] = True
    write_json(out / f"{name}.json", {"files": files, "empty_folders": folders})
    shutil.rmtree(copy)


def compact(path: Path, root: str) -> None:
    """Opening takes in what a killed process has left in the write-ahead log."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = DELETE")
    tables = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    for table in tables:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info('{table}')")]
        for column in columns:
            for spelling, mark in [(root, MARK), (root.replace("/", "\\/"), MARK)]:
                database.execute(
                    f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?)'
                    f" WHERE typeof(\"{column}\") = 'text' AND instr(\"{column}\", ?) > 0",
                    (spelling, mark, spelling))
    database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    database.execute("VACUUM")
    database.close()
    for end in ["-wal", "-shm"]:
        Path(f"{path}{end}").unlink(missing_ok=True)
