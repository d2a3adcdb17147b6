"""A subnet in one folder: ledger, hub, wallets, and daemons of the build as processes.

The folder is laid out as GenkiDemo's Stage lays it out:
chain.sqlite  hub/  wallets/  configurations/NAME.toml  states/NAME/  logs/NAME.log
"""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from programs import Programs

LIMIT_SECONDS = 120


class Daemon:
    def __init__(self, stage: "Stage", name: str, program: str):
        self.stage, self.name, self.program = stage, name, program
        self.state = stage.root / "states" / name
        self.process = None

    def start(self) -> None:
        log = (self.stage.root / "logs" / f"{self.name}.log").open("ab")
        self.process = subprocess.Popen(
            self.stage.programs.command(
                self.program, "run", "--config",
                self.stage.root / f"configurations/{self.name}.toml"),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def status(self) -> dict | None:
        """None while the daemon does not answer."""
        if self.process.poll() is not None:
            raise SystemExit(f"make: {self.name} ended; its log is in {self.stage.root}/logs")
        code, documents, _ = self.stage.programs.try_call(
            "genkictl", "--socket", self.socket, "status")
        return documents[-1] if code == 0 and documents else None

    def ask(self, method: str, parameters: dict) -> dict:
        return self.stage.programs.call(
            "genkictl", "rpc", method, json.dumps(parameters), "--socket", self.socket)[-1]

    @property
    def socket(self) -> Path:
        return self.stage.root / "sockets" / f"{self.name}.sock"

    def rows(self, query: str, *values) -> list[tuple]:
        """What its state says now, read beside the daemon."""
        path = self.state / "state.sqlite"
        if not path.exists():
            return []
        try:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.close()
        except sqlite3.OperationalError:
            return []

    def value(self, query: str, *values):
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Stage:
    def __init__(self, programs: Programs, root: Path):
        self.programs, self.root = programs, root
        self.daemons: dict[str, Daemon] = {}
        for name in ["hub", "wallets", "configurations", "states", "logs", "sockets", "secrets"]:
            (root / name).mkdir(parents=True)

    def chain(self, *arguments) -> dict:
        return self.programs.call(
            "genki-validatord", "chain", *arguments, "--ledger", self.root / "chain.sqlite",
            "--netuid", 1)[-1]

    def found(self, members: list[str], staked: list[str]) -> None:
        os.environ["GENKI_CHAIN_LOCAL_BLOCK_SECONDS"] = "0"
        self.chain("create", "--tempo", 20, "--weights-rate-limit", 0)
        for name in members:
            self.import_key(name, "--coldkey", "--no-password")
            self.import_key(name, "--hotkey", "default")
            self.chain("register", "--wallet", name, "--wallet-path", self.root / "wallets")
        self.chain("seal")
        for name in staked:
            self.chain("stake", "--hotkey", self.hotkey(name), "--tao", 100)
        self.chain("seal")

    def import_key(self, name: str, *which) -> None:
        secret = self.root / "secrets" / f"{name}{which[0]}"
        seed = hashlib.sha256(f"genki fixture {name} {which[0]}".encode()).hexdigest()
        secret.touch(mode=0o600)
        secret.write_text(f"0x{seed}\n")
        self.programs.call(
            "genki-minerd", "wallet", "import", "--name", name, "--path", self.root / "wallets",
            *which, "--from", "seed", "--secret-file", secret)
        secret.unlink()

    def hotkey(self, name: str) -> str:
        return json.loads((self.root / f"wallets/{name}/hotkeys/default").read_text())["ss58Address"]

    def add(self, name: str, program: str, sections: str) -> Daemon:
        daemon = self.daemons[name] = Daemon(self, name, program)
        (self.root / f"configurations/{name}.toml").write_text(f"""[daemon]
state_dir = "{daemon.state}"
socket = "{daemon.socket}"
poll_seconds = 0.05

[wallet]
path = "{self.root}/wallets"
name = "{name}"
hotkey = "default"

[chain]
kind = "local"
netuid = 1
local.path = "{self.root}/chain.sqlite"
local.block_seconds = 0

[hub]
kind = "directory"
path = "{self.root}/hub"
account = "{name}"

[compute]
threads = 1

{sections.strip()}
""")
        return daemon

    def seal_until(self, activity: str, is_reached, look=lambda: None) -> None:
        """Seals a block whenever every running daemon has done what it can in the newest one."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not is_reached():
            look()
            head = self.chain("status")["block"]
            running = [daemon for daemon in self.daemons.values() if daemon.is_running]
            statuses = [daemon.status() for daemon in running]
            if running and all(
                status and status["waiting_for_block"] and status["chain"]["block"] == head
                for status in statuses
            ) and not is_reached():
                self.chain("seal")
            if time.monotonic() > deadline:
                raise SystemExit(f"make: {activity}: nothing went on; see {self.root}/logs")

    def wait_until(self, activity: str, is_reached) -> None:
        """Looks as often as it can: what is waited for may be over soon."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not is_reached():
            if time.monotonic() > deadline:
                raise SystemExit(f"make: {activity}: it did not happen; see {self.root}/logs")

    def stop_all(self) -> None:
        for daemon in self.daemons.values():
            if daemon.process is not None:
                daemon.kill()
