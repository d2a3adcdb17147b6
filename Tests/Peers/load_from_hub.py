#!/usr/bin/env python3
"""Loads what a demo has published on a hub with Python's own clients and compares the logits with Genki's.

    genki-demo round --out DIR --hub "python3 PATH/fake_hub.py"
    python3 Tests/Peers/load_from_hub.py --demo DIR --hub PATH/fake_hub.py --program .build/release/genki-minerd

Needs huggingface_hub, transformers, peft, torch and safetensors. For every repository it takes the
revision that was committed on the chain, as the Damas' cards name it (the head of the last Dama, which no card names
yet), fetches it with snapshot_download, loads it with AutoModelForCausalLM or, an adapter, with PeftModel over the base that its card names, and prints the
largest difference of the logits of a text relative to their range. Exit 0 if every one agrees.
"""
import argparse, json, os, re, subprocess, sys, tempfile, time

TOLERANCE = 2e-5  # of the logits' largest magnitude: float32 sums in another order
TEXT = "The king said unto them, Fear not: a hacker is a person who enjoys exploring the details of programmable systems."


def start(script, folder):
    port_file = os.path.join(tempfile.mkdtemp(), "port")
    process = subprocess.Popen([sys.executable, script, "--port", "0", "--port-file", port_file, "--data", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (os.path.exists(port_file) and open(port_file).read().strip()):
        if process.poll() is not None or time.monotonic() > deadline: raise SystemExit("the hub did not start")
        os.sched_yield()
    return process, "http://127.0.0.1:" + open(port_file).read().split()[0]


def ours(program, base, adapter, text):
    from safetensors import safe_open
    import torch
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/logits.safetensors"
        command = [program, "logits", "--model", base, "--text", text, "--out", out, "--json"] + (["--adapter", adapter] if adapter else [])
        ids = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["ids"]
        with safe_open(out, "pt") as file: return torch.tensor([ids]), file.get_tensor("logits").clone()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("demo", "hub", "program"): options.add_argument("--" + name, required=True)
    options = options.parse_args()
    process, endpoint = start(options.hub, os.path.join(options.demo, "hub"))
    os.environ["HF_ENDPOINT"] = endpoint  # before huggingface_hub reads it
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    try: return compare(options, endpoint)
    finally: process.kill(); process.wait()


def compare(options, endpoint):
    import torch
    from huggingface_hub import HfApi, ModelCard, snapshot_download
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer
    api, failed, cache = HfApi(endpoint=endpoint, token=False), 0, tempfile.TemporaryDirectory()
    names = sorted(name.removeprefix("model/") for name in json.load(open(os.path.join(options.demo, "hub", "state.json"))))
    committed = {}  # by the leaderboards and provenance on the Damas' cards
    for name in (name for name in names if "/dama-r" in name):
        committed |= re.findall(r"`([\w.-]+/[\w.-]+)@([0-9a-f]{40})`", ModelCard.load(api.hf_hub_download(name, "README.md", cache_dir=cache.name)).content)
    print(f"{'repository':24} {'revision':40} {'kind':8} {'base':24} {'largest difference':>18}  same next tokens")
    for name in names:
        revision = committed.get(name) or api.model_info(name).sha
        folder = snapshot_download(name, revision=revision, endpoint=endpoint, cache_dir=cache.name, token=False)
        files, card, base = sorted(os.listdir(folder)), None, ""
        if "README.md" in files: card = ModelCard.load(os.path.join(folder, "README.md"))
        if "adapter_config.json" in files:
            named = json.load(open(os.path.join(folder, "adapter_config.json")))
            base, at = named["base_model_name_or_path"], named.get("revision")
            assert base == card.data.base_model, (base, card.data.base_model)
            base_folder = snapshot_download(base, revision=at, endpoint=endpoint, cache_dir=cache.name, token=False)
            model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32), folder)
            ids, logits = ours(options.program, base_folder, folder, TEXT)
            tokenizer = AutoTokenizer.from_pretrained(base_folder)
        else:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
            ids, logits = ours(options.program, folder, None, TEXT)
            tokenizer = AutoTokenizer.from_pretrained(folder)
        assert tokenizer(TEXT)["input_ids"] == ids[0].tolist(), "the tokenizers differ"
        model.eval()
        with torch.no_grad(): theirs = model(ids).logits[0].float()
        difference = ((theirs - logits).abs().max() / theirs.abs().max()).item()
        same = bool((theirs.argmax(-1) == logits.argmax(-1)).all())
        good = difference <= TOLERANCE and same
        failed += not good
        print(f"{name:24} {revision} {'LoRA' if base else 'full':8} {base or '-':24} {difference:18.2e}  {'yes' if same else 'NO'}{'' if good else '  WRONG'}", flush=True)
        if card: assert card.data.license, f"{name}: its card has no licence"
    print(f"{len(names)} repositories, {sum(name in committed for name in names)} at the revision that a Dama's card names, {failed} wrong")
    return 1 if failed else 0


sys.exit(main())
