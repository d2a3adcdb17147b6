#!/usr/bin/env python3
"""Finetunes a tiny random model of each family with genki-minerd and with PyTorch, the same 20 steps, and compares.

    python3 -m venv V && V/bin/pip install torch transformers peft safetensors
    V/bin/python Tests/Peers/families_beside_torch.py --programs .build/release --work DIR [--family llama --family phi3 …]

Float32, AdamW with warmup, cosine, decay of the matrices and clipping; windows in sequence, so both see the same; texts of
config/demo, with the padding's token among them where the model has one. The full run reads config.json as transformers 5
writes it, the LoRA run (on all linear maps, by the family's names) the spelling of transformers 4. Both adapters begin with
the same factors. For each family and method: the largest deviation of the loss of a step, of the logits of the model that
genki-minerd left, as transformers and PEFT load it, from those of PyTorch's own, and of the parameters but those that
have no gradient by the mathematics (beside it how far PyTorch in float64 is from PyTorch in float32: what rounding alone
does); how far the logits of genki-minerd are from transformers' on the same folder; whether 32 greedy tokens are the same.
About a minute on an idle core. Exit 0 if all of it is right; a family that is refused is a failure.
"""
import argparse, json, os, pathlib, shutil, sys
import torch
from safetensors import safe_open
from transformers.utils import logging
from family_peer import families, making, training
from family_peer.training import BLOCK, Refused, call

LOSS, LOGITS, PARAMETERS, SAME_FOLDER = 2e-5, 2e-3, 2e-4, 5e-5  # of the losses of a step; of logits; of parameters; of logits, by their largest magnitude
GREEDY = 32
PROMPTS = ["The king", "What say you", "My lord,", "There is a", "And he said", "I will not"]


def key_bias(family, config, name, shape):
    """The elements of a tensor that the loss does not depend on: softmax takes no notice of what all keys have in common."""
    dead = torch.zeros(shape, dtype=torch.bool)
    if not family.key_bias or not name.endswith(family.key_bias): return dead
    if config["model_type"] == "gpt2": dead[shape[0] // 3:2 * shape[0] // 3] = True
    else:
        head = config["hidden_size"] // config["num_attention_heads"]
        turned = int(head * config["rotary_pct"])
        dead.view(-1, 3, head)[:, 1, turned:] = True
    return dead


def parameters_apart(family, found, expected):
    """The largest deviation of what was trained."""
    theirs, worst = dict(expected.named_parameters()), 0.0
    for name, weight in found.named_parameters():
        counted = ~key_bias(family, family.configuration(), name, weight.shape)
        if counted.any(): worst = max(worst, (weight.double() - theirs[name].double())[counted].abs().max().item())
    return worst


def largest(a, b): return max(abs(x - y) for x, y in zip(a, b, strict=True))


def logits_of(model, ids):
    with torch.no_grad(): return model(input_ids=ids, use_cache=False).logits.float()


def our_logits(minerd, base, adapter, text, out):
    model = ["--model", base] + (["--adapter", adapter] if adapter else [])
    told = call(minerd, "logits", *model, "--text", text, "--out", out, "--threads", 1)[-1]
    with safe_open(out, "pt") as file: return told["ids"], file.get_tensor("logits").clone()


def greedy_tokens(minerd, tokenizer, model, base, adapter):
    """What both put behind the first prompt that transformers continues for 32 tokens."""
    for prompt in PROMPTS:
        ids = torch.tensor([tokenizer(prompt)["input_ids"]])
        with torch.no_grad(): theirs = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=GREEDY, do_sample=False)[0, ids.shape[1]:].tolist()
        if len(theirs) == GREEDY and 0 not in theirs: break
    else: raise Refused("transformers ends each text early")
    folder = ["--model", base] + (["--adapter", adapter] if adapter else [])
    told = call(minerd, "generate", *folder, "--prompt", prompt, "--max-tokens", GREEDY, "--temperature", 0, "--threads", 1)[-1]
    return told["ids"], theirs


def check_output(base, out):
    """A full run leaves the base's tensors, names and shapes, and its configuration."""
    with safe_open(base / "model.safetensors", "pt") as before, safe_open(out / "model.safetensors", "pt") as after:
        shapes = [{name: tuple(file.get_slice(name).get_shape()) for name in file.keys()} for file in (before, after)]
    if shapes[0] != shapes[1]: raise Refused(f"{out} has other tensors than {base}: {sorted(shapes[0].items() ^ shapes[1].items())[:6]}")
    configurations = [json.loads((folder / "config.json").read_text(encoding="utf-8")) for folder in (base, out)]
    if configurations[0] != configurations[1]: raise Refused(f"{out} has another configuration than {base}")


class Trial:
    """One family's models and runs in a folder."""

    def __init__(self, family, minerd, tokenizer, work):
        self.family, self.minerd, self.tokenizer, self.work = family, minerd, tokenizer, work
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        making.save(making.random_model(family.configuration(), seed=11), work / "base")
        tokenizer.save_pretrained(work / "base")
        shutil.copytree(work / "base", work / "old")
        os.replace(work / "old/config.old.json", work / "old/config.json")
        read = families.text_with_padding if family.padding else (lambda name, characters: families.text(name)[:characters])
        (work / "data.txt").write_text(read("shakespeare", 2500), encoding="utf-8")
        self.ids = tokenizer((work / "data.txt").read_text(encoding="utf-8"))["input_ids"]
        assert not family.padding or 1 in self.ids
        self.held_out = families.text("jargon")[2000:2120]

    def both(self, method):
        """Our run, PyTorch's in float32 and in float64, and the folders to load ours from."""
        base, out = self.work / ("base" if method == "full" else "old"), self.work / method
        ours = training.finetune(self.minerd, method, base, self.work / "data.txt", out, self.family.linears)
        if method == "full": begin = lambda: training.load(base)
        else:
            start = self.work / "start"
            training.finetune(self.minerd, method, base, self.work / "data.txt", start, self.family.linears, steps=1, peak=1e-30)
            begin = lambda: training.begin_adapter(base, start)
        torch_model, double_model = begin(), begin().double()
        theirs = training.train(torch_model, self.ids, training.PEAK[method])
        doubles = training.train(double_model, self.ids, training.PEAK[method])
        return (out, None) if method == "full" else (base, out), ours, (torch_model, theirs), (double_model, doubles)

    def run(self, method):
        """A row."""
        (base, adapter), ours, (torch_model, theirs), (double_model, doubles) = self.both(method)
        if adapter is None: check_output(self.work / "base", base)
        loaded = training.load(base, adapter)
        ids, logits = our_logits(self.minerd, base, adapter, self.held_out, self.work / "logits")
        if ids != self.tokenizer(self.held_out)["input_ids"]: raise Refused("the tokenizers differ")
        ids = torch.tensor([ids[:families.POSITIONS]])
        ours_loaded, expected, exact = (logits_of(model, ids)[0] for model in (loaded, torch_model, double_model))
        row = {"loss": largest([loss for loss, _ in ours], [loss for loss, _ in theirs]), "loss_rounding": largest([loss for loss, _ in theirs], [loss for loss, _ in doubles]),
               "norm": max(abs(a / b - 1) for (_, a), (_, b) in zip(ours, theirs)), "logits": (ours_loaded - expected).abs().max().item(),
               "logits_rounding": (expected - exact).abs().max().item(), "parameters": parameters_apart(self.family, loaded, torch_model),
               "parameters_rounding": parameters_apart(self.family, double_model, torch_model),
               "same_folder": ((logits - ours_loaded).abs().max() / ours_loaded.abs().max()).item(), "first": theirs[0][0], "last": theirs[-1][0]}
        continued, expected = greedy_tokens(self.minerd, self.tokenizer, loaded, base, adapter)
        row["greedy"] = continued == expected
        row["good"] = row["loss"] <= LOSS and row["logits"] <= LOGITS and row["parameters"] <= PARAMETERS and row["same_folder"] <= SAME_FOLDER and row["greedy"]
        return row


HEAD = f"{'family':20} {'method':6} {'loss from → to':>17} {'loss':>8} {'norm':>8} {'logits':>8} {'params':>8} │{'rounding alone: loss':>21} {'logits':>8} {'params':>8} │ {'same folder':>11}  greedy"


def line(name, method, row):
    if "refused" in row: return f"{name:20} {method:6} REFUSED: {row['refused'].splitlines()[0][:160]}"
    course = f"{row['first']:.4f} → {row['last']:.4f}"
    return (f"{name:20} {method:6} {course:>17} {row['loss']:8.1e} {row['norm']:8.1e} {row['logits']:8.1e} {row['parameters']:8.1e} │{row['loss_rounding']:21.1e} "
            f"{row['logits_rounding']:8.1e} {row['parameters_rounding']:8.1e} │ {row['same_folder']:11.1e}  {'yes' if row['greedy'] else 'NO'}{'' if row['good'] else '  WRONG'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder of genki-minerd")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="a folder for models and runs")
    parser.add_argument("--family", action="append", choices=[family.name for family in families.FAMILIES], help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, too")
    options = parser.parse_args()
    logging.set_verbosity_error(); logging.disable_progress_bar()
    torch.set_num_threads(1)
    tokenizer, rows = families.make_tokenizer(), []
    print(HEAD, flush=True)
    for family in families.FAMILIES:
        if options.family and family.name not in options.family: continue
        trial = Trial(family, options.programs + "/genki-minerd", tokenizer, options.work / family.name)
        for method in ("full", "lora"):
            try: row = trial.run(method)
            except Refused as refusal: row = {"refused": str(refusal), "good": False}
            rows.append({"family": family.name, "method": method} | row)
            print(line(family.name, method, row), flush=True)
    wrong = sum(not row["good"] for row in rows)
    print(f"\n{len(rows)} rows, {wrong} wrong. Bounds: loss {LOSS:g} at each step, logits {LOGITS:g}, parameters {PARAMETERS:g}, same folder {SAME_FOLDER:g} of the largest logit")
    if options.json: print(json.dumps(rows))
    return 1 if wrong else 0


if __name__ == "__main__": sys.exit(main())
