#!/usr/bin/env python3
"""Plays two rounds on a tiny random model of each family, with a miner that trains an adapter and one that trains all weights.

    python3 -m venv V && V/bin/pip install torch transformers peft safetensors
    V/bin/python Tests/Peers/family_rounds.py --programs .build/release --work DIR [--family llama --family phi3 …]

genki-demo round with the real daemons: two validators, two miners, texts of config/demo. For each family: both miners'
gains, the gain of the Damas on text that nobody trained on, whether both validators accepted both miners and recomputed
every Dama to the byte; then transformers and PEFT load what was published without any argument and have to compute the
logits that genki-minerd computes. The base of every second family is spelled as transformers 4 does. About fifteen seconds a
family. Exit 0 if all of it is right; a family that is refused is a failure.
"""
import argparse, json, os, pathlib, shutil, subprocess, sys
import torch
from transformers.utils import logging
from family_peer import families, making, training
from family_peer.training import Refused
from families_beside_torch import SAME_FOLDER, logits_of, our_logits
from real_round import repository

ROUNDS, STEPS = 2, 30
MINERS = {"alice": ("shakespeare", "lora"), "bob": ("bible", "full")}
HELD_OUT = ["jargon", "devils-dictionary"]
TEXT = "The king said unto them, Fear not: a hacker is a person who enjoys exploring."


def prepare(family, tokenizer, work, old):
    """The base and the texts."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    making.save(making.random_model(family.configuration(), seed=11), work / "base")
    tokenizer.save_pretrained(work / "base")
    spelled = work / "base/config.old.json"
    os.replace(spelled, work / "base/config.json") if old else spelled.unlink()
    read = families.text_with_padding if family.padding else (lambda name, characters: families.text(name)[:characters])
    for name in [text for text, _ in MINERS.values()] + HELD_OUT: (work / f"{name}.txt").write_text(read(name, 12_000), encoding="utf-8")


def play(options, work):
    """What genki-demo says of the rounds."""
    command = [f"{options.programs}/genki-demo", "round", "--json", "--base", "base", "--rounds", str(ROUNDS), "--steps", str(STEPS), "--batch", "4", "--block-size", "40",
               "--windows", "12", "--learning-rate", "3e-3", "--rank", "8", "--prompt", "The king", "--out", "round", "--held-out", *[f"{name}.txt" for name in HELD_OUT]]
    for name, (text, method) in MINERS.items(): command += ["--miner", f"{name}={text}.txt:{method}"]
    done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    document = json.loads(done.stdout.strip().split("\n")[-1]) if done.stdout.strip() else {}
    if "rounds" not in document: raise Refused(document.get("error", {}).get("message") or f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.returncode, document


def check_loading(options, work):
    """The largest difference, in shares of the largest logit, between what others compute from what was published and what we do."""
    names = [f"{name}/model-r{number + 1}" for name in MINERS for number in range(ROUNDS)] + [f"coordinator/dama-r{number + 1}" for number in range(ROUNDS + 1)]
    folders = {name: repository(work / "round", name, str(work / "published" / name)) for name in names}
    worst, adapters = 0.0, 0
    for name, folder in folders.items():
        if folder is None: raise Refused(f"{name} was not published")
        base, adapter = folder, None
        if os.path.exists(f"{folder}/adapter_config.json"):
            with open(f"{folder}/adapter_config.json", encoding="utf-8") as file: named = json.load(file)["base_model_name_or_path"]
            base, adapter = folders[named], folder
            adapters += 1
        ids, logits = our_logits(f"{options.programs}/genki-minerd", base, adapter, TEXT, work / "logits")
        theirs = logits_of(training.load(base, adapter), torch.tensor([ids]))[0]
        worst = max(worst, ((logits - theirs).abs().max() / theirs.abs().max()).item())
    if adapters != ROUNDS: raise Refused(f"{adapters} adapters were published")
    return worst


def trial(options, family, tokenizer, work, old):
    """A family's row."""
    prepare(family, tokenizer, work, old)
    code, document = play(options, work)
    rounds = document["rounds"]
    gains = {name: [miner["delta_loss"] for entry in rounds for miner in entry["miners"] if miner["name"] == name] for name in MINERS}
    accepted = all(miner["verdict"] == "accepted" for entry in rounds for miner in entry["miners"]) and all(len(gain) == ROUNDS for gain in gains.values())
    verified = [validator["verified"] for entry in rounds for validator in entry["validators"]]
    base, dama = rounds[0]["base_loss"], rounds[-1]["dama_loss"]
    gain = sum(base[name] - dama[name] for name in base) / len(base)
    apart = check_loading(options, work)
    good = code == 0 and accepted and verified == [True] * (2 * ROUNDS) and gain > 0 and apart <= SAME_FOLDER
    return {"gains": gains, "accepted": accepted, "verified": sum(verified), "gain": gain, "apart": apart, "seconds": document["seconds"]["total"], "good": good}


def line(name, spelling, row):
    if "refused" in row: return f"{name:20} {spelling:8} REFUSED: {row['refused'].splitlines()[0][:160]}"
    gains = ["  ".join(f"{gain:+8.4f}" for gain in row["gains"][miner]) for miner in MINERS]
    return (f"{name:20} {spelling:8} {gains[0]:>18} │ {gains[1]:>18} │ {row['gain']:+8.4f} {'yes' if row['accepted'] else 'NO':>9} {row['verified']:>6} of {2 * ROUNDS} "
            f"{row['apart']:14.1e} {row['seconds']:8.1f}{'' if row['good'] else '  WRONG'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder of genki-demo, genki-minerd and genki-validatord")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="a folder for models and rounds")
    parser.add_argument("--family", action="append", choices=[family.name for family in families.FAMILIES], help="only this one; may be repeated")
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    logging.set_verbosity_error(); logging.disable_progress_bar()
    torch.set_num_threads(1)
    tokenizer, wrong = families.make_tokenizer(), 0
    print(f"{'family':20} {'config':8} {'Δloss LoRA 1, 2':>18} │ {'Δloss full 1, 2':>18} │ {'Damas':>8} {'accepted':>9} {'verified':>11} {'logits apart':>14} {'seconds':>8}", flush=True)
    for number, family in enumerate(families.FAMILIES):
        if options.family and family.name not in options.family: continue
        old = number % 2 == 1
        try: row = trial(options, family, tokenizer, options.work / family.name, old)
        except Refused as refusal: row = {"refused": str(refusal), "good": False}
        wrong += not row["good"]
        print(line(family.name, "4" if old else "5", row), flush=True)
    print(f"\n{wrong} wrong. verified: both validators, each Dama; logits apart: of the largest logit, at most {SAME_FOLDER:g}")
    return 1 if wrong else 0


if __name__ == "__main__": sys.exit(main())
