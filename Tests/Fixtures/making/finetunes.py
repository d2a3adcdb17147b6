"""Bases, finished and interrupted finetunes, adapters, and what aggregation makes of them."""

import shutil
from pathlib import Path

from programs import Programs, write_json

# A model as small as may be; ids 288 to 295 are for the added tokens of other tokenizers.
MODEL = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 296,
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 64, "hidden_act": "silu",
    "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": True, "bos_token_id": 0,
    "eos_token_id": 0, "torch_dtype": "float32",
}
# One thread and float32, so that bytes depend on the kind of processor only.
COMMON = ["--batch", 4, "--block-size", 32, "--threads", 1, "--compute", "float32"]
LONGER = [64 if argument == 32 else argument for argument in COMMON]
EVALUATION = ["--block-size", 32, "--threads", 1]

FULL = ["--data", "data/alpha-miner.txt", "--steps", 40, "--learning-rate", 0.001, "--seed", 3]
ADAPTER = ["--data", "data/beta-miner.txt", "--method", "lora", "--rank", 2, "--alpha", 2,
           "--steps", 60, "--learning-rate", 0.004, "--seed", 4]
# Finished runs by the name of their folder.
MODELS = {
    "float32-full": ["--base", "bases/float32", *FULL],
    "float32-adapter": ["--base", "bases/float32", *ADAPTER],
    "bfloat16-full": ["--base", "bases/bfloat16", "--dtype", "bfloat16", *FULL],
    "bfloat16-adapter": ["--base", "bases/bfloat16", *ADAPTER],
}

# Interrupted runs: name, arguments, the step after which the process is killed.
RUNS = [
    ("steps", ["--data", "data/alpha-miner.txt", "--steps", 40, "--learning-rate", 0.001,
               "--schedule", "cosine", "--warmup-steps", 4, "--seed", 11,
               "--checkpoint-every", 10, *COMMON], 24),
    ("epochs", ["--data", "data/beta-miner.txt", "data/documents.jsonl", "--epochs", 2.5,
                "--learning-rate", 0.002, "--method", "lora", "--rank", 2, "--seed", 12,
                "--checkpoint-every", 10, *COMMON], 24),
    ("lines", ["--data", "data/documents.jsonl", "data/chats.jsonl", "--epochs", 6,
               "--learning-rate", 0.002, "--method", "lora", "--rank", 2, "--seed", 13,
               "--checkpoint-every", 5, *LONGER], 12),
]


def without_speed(document: dict) -> dict:
    """What does not depend on how busy the machine is."""
    drop = {"tokens_per_second", "memory_planned_bytes", "memory_available_bytes"}
    return {
        key: [without_speed(item) if isinstance(item, dict) else item for item in value]
        if isinstance(value, list) else without_speed(value) if isinstance(value, dict) else value
        for key, value in document.items() if key not in drop
    }


def make(programs: Programs, out: Path) -> None:
    def miner(*arguments):
        return programs.call("genki-minerd", *arguments, cwd=out)

    make_bases(miner, out)
    made = {}
    for name, arguments in MODELS.items():
        events = miner("finetune", *arguments, *COMMON, "--out", f"models/{name}")
        made[name] = {
            "arguments": [str(argument) for argument in [*arguments, *COMMON]],
            "done": without_speed(events[-1]),
        }
    write_json(out / "models.json", made)
    judge(programs, out)
    interrupt(programs, out)


def make_bases(miner, out: Path) -> None:
    write_json(out / "config.json", MODEL)
    base_texts = ["data/alpha-base.txt", "data/beta-base.txt"]
    miner("train-tokenizer", "--data", *base_texts, "--vocab-size", 288, "--out", "tokenizer.json")
    miner("init-model", "--config", "config.json", "--tokenizer", "tokenizer.json", "--out", "fresh",
          "--seed", 7)
    for name in ["float32", "bfloat16"]:
        miner("finetune", "--base", "fresh", "--data", *base_texts, "--out", f"bases/{name}",
              "--dtype", name, "--steps", 600, "--learning-rate", 0.003, "--seed", 7, *COMMON)
        # A base is what stands in a repository, not a run.
        shutil.rmtree(out / f"bases/{name}/.genki-run")
    shutil.rmtree(out / "fresh")
    (out / "config.json").unlink()
    (out / "tokenizer.json").unlink()


def judge(programs: Programs, out: Path) -> None:
    data = ["--data", "data/alpha-held-out.txt", "data/beta-held-out.txt", *EVALUATION]
    for base in ["float32", "bfloat16"]:
        models = [f"models/{base}-full", f"models/{base}-adapter"]
        judged = {}
        for command in ["evaluate", "score"]:
            document = programs.call(
                "genki-validatord", command, "--base", f"bases/{base}", "--model", *models, *data,
                cwd=out)[-1]
            judged[command] = without_speed(document)
        aggregated = programs.call(
            "genki-validatord", "aggregate", "--base", f"bases/{base}", "--model",
            f"{models[0]}=0.03", f"{models[1]}=0.02", "--out", f"aggregations/{base}", *data,
            cwd=out)[-1]
        judged["aggregate"] = without_speed(aggregated)
        manifest = f"aggregations/{base}/manifest.json"
        judged["verify-round"] = programs.call(
            "genki-validatord", "verify-round", "--manifest", manifest, cwd=out)[-1]
        write_json(out / f"aggregations/{base}.json", judged)


def interrupt(programs: Programs, out: Path) -> None:
    for name, arguments, step in RUNS:
        base = "encodings/begin/base" if name == "lines" else "bases/float32"
        command = ["finetune", "--base", base, *arguments]
        if name == "lines":
            from encodings_of_texts import lay_out
            lay_out(out, "begin")
        whole = out / f"whole-{name}"
        events = programs.call("genki-minerd", *command, "--out", whole.name, cwd=out)
        shutil.rmtree(whole)
        programs.call_until(
            "genki-minerd", *command, "--out", f"runs/{name}",
            ends=lambda event: event["event"] == "step" and event["step"] == step, cwd=out)
        if name == "lines":
            shutil.rmtree(out / base)
        write_json(out / f"runs/{name}.json", {
            "base": base, "killed_after_step": step,
            "arguments": [str(argument) for argument in arguments],
            "start": without_speed(events[0]),
            "losses": [event["loss"] for event in events if event["event"] == "step"],
            "done": without_speed(events[-1]),
        })
