"""The programs of the build, run as a person would run them with --json."""

import json
import signal
import subprocess
from pathlib import Path


class Programs:
    def __init__(self, folder: Path):
        self.folder = folder
        for name in ["genki-minerd", "genki-validatord", "genkictl"]:
            if not (folder / name).is_file():
                raise SystemExit(f"make: {folder} holds no {name}")

    def command(self, name: str, *arguments) -> list[str]:
        return [str(self.folder / name)] + [str(argument) for argument in arguments]

    def try_call(self, name: str, *arguments, cwd=None) -> tuple[int, list[dict], str]:
        """Exit code, the documents on stdout, the words on stderr."""
        run = subprocess.run(
            self.command(name, *arguments, "--json"), cwd=cwd, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=300)
        return run.returncode, documents_of(run.stdout), run.stderr

    def call(self, name: str, *arguments, cwd=None) -> list[dict]:
        code, documents, words = self.try_call(name, *arguments, cwd=cwd)
        if code != 0:
            raise SystemExit(f"make: {name} {arguments} ended with {code}: {words}")
        return documents

    def call_until(self, name: str, *arguments, ends, cwd=None) -> list[dict]:
        """Kills the program as soon as one of its documents is the one that `ends` wants."""
        process = subprocess.Popen(
            self.command(name, *arguments, "--json"), cwd=cwd, stdout=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        documents = []
        for line in process.stdout:
            documents.append(json.loads(line))
            if ends(documents[-1]):
                process.send_signal(signal.SIGKILL)
                process.wait()
                return documents
        raise SystemExit(f"make: {name} {arguments} ended before it could be killed")


def documents_of(text: str) -> list[dict]:
    """One document, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def write_json(path: Path, value, indent: int | None = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=False) + "\n")
