"""Rounds with daemons of the build, stopped by kill -9 in the middle of the second one."""

import json
import shutil
from pathlib import Path

import snapshots
from programs import Programs, write_json
from stage import Stage

VALIDATORS = ["coordinator", "verifier"]
MINERS = {"alpha": "lora", "beta": "full"}
STEPS = 160
CHECKPOINT_STEPS = 50


def make(programs: Programs, out: Path, work: Path) -> None:
    for base in ["float32", "bfloat16"]:
        stage = Stage(programs, work / base)
        try:
            play(stage, base, out, work)
        finally:
            stage.stop_all()


def play(stage: Stage, base: str, out: Path, work: Path) -> None:
    prepare(stage, base, out)
    coordinator, verifier = (stage.daemons[name] for name in VALIDATORS)
    alpha, beta = (stage.daemons[name] for name in MINERS)
    for daemon in stage.daemons.values():
        daemon.start()
    finish_first_round(stage)

    # The second round: beta has committed and waits for the close, alpha trains.
    beta.start()
    stage.seal_until("beta committed", lambda: submission(beta, 2) in ["included", "final"])
    alpha.start()
    checkpoint = f".genki-run/step-{CHECKPOINT_STEPS:09}.safetensors"
    stage.wait_until(
        "alpha trained", lambda: list(alpha.state.rglob(f"round-2/{checkpoint}")))
    for daemon in stage.daemons.values():
        daemon.kill()
    if submission(beta, 2) not in ["included", "final"] or job(alpha, 2) != "training":
        raise SystemExit("make: the miners were not stopped in the middle; run it again")
    if base == "float32":
        snapshots.take(stage.root, f"{base}-training", work, out / "rounds")

    # Its end, up to where the validators have weighed nothing yet.
    for daemon in stage.daemons.values():
        daemon.start()
    while any(daemon.is_running for daemon in (coordinator, verifier)):
        stage.seal_until("the validators fetched", lambda: stop_in_time(coordinator, verifier),
                         look=lambda: stop_in_time(coordinator, verifier))
    for daemon in stage.daemons.values():
        daemon.kill()
    if (round_state(coordinator, 2), round_state(verifier, 2)) != ("scored", "fetched"):
        raise SystemExit("make: the validators were not stopped in the middle; run it again")
    snapshots.take(stage.root, f"{base}-scored", work, out / "rounds")

    # What the build's own daemons make of it.
    for name in VALIDATORS:
        stage.daemons[name].start()
    stage.seal_until("the second Dama was verified", lambda: all(
        verification(stage.daemons[name], 3) for name in VALIDATORS))
    write_json(out / f"rounds/{base}-expected.json", outcome(stage))


def prepare(stage: Stage, base: str, out: Path) -> None:
    stage.found([*VALIDATORS, *MINERS], VALIDATORS)
    shutil.copytree(out / f"bases/{base}", stage.root / "base")
    held_out, block = [f"{name}-held-out.txt" for name in MINERS], 32
    if base == "bfloat16":
        # What becomes of lines decides here, too: on a base that begins texts with a token.
        for file in ["tokenizer.json", "tokenizer_config.json"]:
            shutil.copy(out / f"encodings/begin/{file}", stage.root / "base")
        held_out, block = [*held_out, "documents.jsonl", "chats.jsonl"], 64
    (stage.root / "data").mkdir()
    for text in [*held_out, *(f"{name}-miner.txt" for name in MINERS)]:
        shutil.copy(out / f"data/{text}", stage.root / "data")
    leader = stage.hotkey("coordinator")
    held_out = [f"{stage.root}/data/{name}" for name in held_out]
    for name in VALIDATORS:
        first = f'base = "{stage.root}/base"\n' if name == "coordinator" else ""
        stage.add(name, "genki-validatord", f"""[round]
coordinator = "{leader}"
{first}length_blocks = 8
reveal_blocks = 3
evaluation_delay_blocks = 2

[evaluation]
data = {json.dumps(held_out)}
block_size = {block}
windows_max = 0
probe_windows = 1000

[aggregation]
strategy = "weighted-mean"
""")
    for name, method in MINERS.items():
        stage.add(name, "genki-minerd", f"""[round]
coordinator = "{leader}"

[[dataset]]
name = "{name}"
path = "{stage.root}/data/{name}-miner.txt"

[finetune]
method = "{method}"
{'rank = 2' if method == 'lora' else ''}
steps = {STEPS}
learning_rate = {0.001 if method == 'lora' else 0.0002}
batch = 4
block_size = {block}
checkpoint_every = {CHECKPOINT_STEPS}
compute = "float32"

[publish]
name = "model"
license = "cc0-1.0"
""")


def finish_first_round(stage: Stage) -> None:
    miners = [stage.daemons[name] for name in MINERS]
    stage.seal_until("the first round's submissions were verified", lambda: all(
        submission(miner, 1) == "verified" for miner in miners))
    for miner in miners:
        miner.kill()
    stage.seal_until("the first Dama was verified", lambda: all(
        verification(stage.daemons[name], 2) for name in VALIDATORS))


def stop_in_time(coordinator, verifier) -> bool:
    """Kills each validator as soon as it is where it shall be."""
    def is_over() -> bool:
        if verifier.is_running and round_state(verifier, 2) == "fetched":
            verifier.kill()
        if coordinator.is_running and round_state(coordinator, 2) == "scored":
            coordinator.kill()
        return not coordinator.is_running and not verifier.is_running

    if is_over():
        return True
    states = {round_state(daemon, 2) for daemon in (coordinator, verifier)}
    if states & {"seeded", "fetched", "scored"}:
        # From here on it goes quickly: look without a pause until a block is needed.
        for _ in range(200):
            if is_over():
                return True
    return False


def round_state(daemon, number: int):
    return daemon.value("SELECT state FROM rounds WHERE round = ?", number)


def submission(daemon, number: int):
    return daemon.value("SELECT state FROM submissions WHERE round = ? ORDER BY id DESC", number)


def job(daemon, number: int):
    return daemon.value("SELECT state FROM jobs WHERE round = ? ORDER BY id DESC", number)


def verification(daemon, number: int):
    return daemon.value("SELECT body FROM verifications WHERE round = ?", number)


def outcome(stage: Stage) -> dict:
    """What the validators' daemons answer of the round and of the base that it made."""
    answers = {}
    for name in VALIDATORS:
        daemon = stage.daemons[name]
        answers[name] = {
            "round": daemon.ask("round.show", {"round": 2}),
            "evaluation": daemon.ask("evaluation.show", {"round": 2}),
            "verification": daemon.ask("round.verify", {"round": 3}),
        }
    return json.loads(json.dumps(answers).replace(str(stage.root), snapshots.MARK))
