#!/usr/bin/env python3
"""Makes reference values of models in float64, in the layout of Tests/Vectors/compute.

    python3 -m venv V && V/bin/pip install torch transformers peft safetensors
    V/bin/python Tests/Peers/make_vectors.py Tests/Vectors/compute                       llama_pad and phi3_pad, as they are there
    V/bin/python Tests/Peers/make_vectors.py --case example.json Tests/Vectors/compute   a case of one's own

A case is a JSON object like those of CASES below: name, seed, batch and block of the inputs, config (keys of the class in
transformers, model_type among them), lora (targets, r, alpha); pads [row, place] are where the padding's id stands,
ignore_prefix and ignore_pads what gives no loss. --example prints one. A seed whose greedy text would depend on rounding is
refused by the gap between its likeliest tokens; about every third one passes, and the next ones are tried by themselves.

All values are float64: where transformers computes in float32 whatever the model's type (norms, softmax, the rotation's
table, the loss) it is told that float32 is float64. The procedure is first tried on cases that are there (llama_tied, phi3,
gpt_neox) and has to give their values to 1e-9. Parameters after steps are stored as float32. transformers makes an embedding
with padding_idx, so the padding's row has no gradient from the input side; where the head is tied it still has the head's.
"""
import argparse, copy, json, os, pathlib, sys, tempfile
import safetensors.numpy, torch, transformers
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM
from family_peer.making import random_model, save

LEARNING_RATE, BETAS, EPSILON = 1e-3, (0.9, 0.999), 1e-8
KINDS = {"wd001": (0.01, None), "wd0": (0.0, None), "wd01clip": (0.1, 0.5)}  # decay, and the share of the first norm that is let through
SMALLEST_GAP = 0.05  # between the likeliest two tokens of the greedy text
TRIED_ON = pathlib.Path(__file__).resolve().parents[1] / "Vectors" / "compute"
CASES = [
    {"name": "llama_pad", "seed": 301, "batch": 2, "block": 16, "ignore_prefix": 0, "pads": [[0, 3], [0, 4], [1, 15]], "ignore_pads": False,
     "config": {"model_type": "llama", "vocab_size": 48, "hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 3,
                "num_key_value_heads": 1, "max_position_embeddings": 48, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True,
                "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 5},
     "lora": {"targets": ["q_proj", "v_proj"], "r": 2, "alpha": 4}},
    {"name": "phi3_pad", "seed": 303, "batch": 2, "block": 17, "ignore_prefix": 1, "pads": [[0, 0], [1, 13], [1, 14], [1, 15], [1, 16]], "ignore_pads": True,
     "config": {"model_type": "phi3", "vocab_size": 50, "hidden_size": 24, "intermediate_size": 28, "num_hidden_layers": 2, "num_attention_heads": 4,
                "num_key_value_heads": 2, "max_position_embeddings": 48, "original_max_position_embeddings": 48, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
                "sliding_window": 7, "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0},
     "lora": {"targets": ["qkv_proj", "down_proj"], "r": 2, "alpha": 4}},
]


def lift():
    """From here on whoever asks torch for float32 gets float64."""
    torch.set_default_dtype(torch.float64)
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double


def load_file(path):  # by numpy, which does not ask torch what float32 is
    return {name: torch.from_numpy(value) for name, value in safetensors.numpy.load_file(path).items()}


def load(folder):
    """The weights of a folder in a model of float64, whose names in memory may differ from the file's."""
    config = transformers.AutoConfig.from_pretrained(folder)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float64, attn_implementation="eager")
    state = {name.replace("embed_out.", "lm_head."): value.double() for name, value in load_file(f"{folder}/model.safetensors").items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(name == "lm_head.weight" for name in missing), (missing, unexpected)
    model.tie_weights()
    return model.eval()


def with_adapter(folder):
    """The model with the adapter in its folder lora, whose weights alone are trained."""
    model = get_peft_model(load(folder), LoraConfig.from_pretrained(str(folder / "lora"))).double()
    weights = {name.replace(".weight", ".default.weight"): value.double() for name, value in load_file(folder / "lora/adapter_model.safetensors").items()}
    assert not model.load_state_dict(weights, strict=False).unexpected_keys
    for name, weight in model.named_parameters(): weight.requires_grad_("lora_" in name)
    return model.eval()


def trained(model): return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def losses(model, ids, labels):
    """Logits, mean loss and the loss at each place that has a next token (0 where it is not counted)."""
    logits = model(input_ids=ids, use_cache=False).logits
    each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none")
    return logits, each.sum() / (labels[:, 1:] != -100).sum(), each


def gradients(model, ids, labels):
    logits, loss, each = losses(model, ids, labels)
    values = torch.autograd.grad(loss, list(trained(model).values()))
    return logits.detach(), loss.detach(), each.detach(), dict(zip(trained(model), values))


def train(model, ids, labels, decay, max_norm, keep):
    """Three steps of AdamW with decay on all; what is left after the steps in keep."""
    model = copy.deepcopy(model)
    weights = trained(model)
    optimizer = torch.optim.AdamW(list(weights.values()), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON, weight_decay=decay)
    kept, told = {}, {"losses": [], "grad_norms": [], "max_norm": max_norm, "weight_decay": decay}
    for step in range(3):
        optimizer.zero_grad()
        loss = losses(model, ids[step], labels[step])[1]
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(weights.values()), max_norm or float("inf"))
        optimizer.step()
        told["losses"].append(loss.item()); told["grad_norms"].append(norm.item())
        if step + 1 in keep: kept[step + 1] = {name: weight.detach().clone() for name, weight in weights.items()}
    return kept, told


def greedy(model, prompt, count):
    ids, gap = prompt[None], float("inf")
    with torch.no_grad():
        for _ in range(count):
            top = model(input_ids=ids, use_cache=False).logits[0, -1].topk(2)
            gap = min(gap, (top.values[0] - top.values[1]).item())
            ids = torch.cat([ids, top.indices[:1][None]], dim=1)
    return ids[0], gap


def lora_name(name): return name.replace(".default.", ".")


def try_procedure(folder):
    """The values of a case that somebody else made."""
    there, model = load_file(f"{folder}/vectors.safetensors"), load(folder)
    logits, loss, each, grads = gradients(model, there["input_ids"][0], there["labels"][0])
    apart = [(logits - there["logits"]).abs().max(), (loss - there["loss"][0]).abs(), (each - there["token_loss"]).abs().max()]
    for name, value in grads.items():
        key = "grad." + (name if "grad." + name in there else name.replace("lm_head.", "embed_out."))
        apart.append((value - there[key]).abs().max())
    adapted = with_adapter(folder)
    logits, _, _, grads = gradients(adapted, there["input_ids"][0], there["labels"][0])
    apart += [(logits - there["lora.logits"]).abs().max()] + [(value - there[f"lora.grad.{lora_name(name)}"]).abs().max() for name, value in grads.items()]
    kept, _ = train(model, there["input_ids"], there["labels"], *KINDS["wd001"], (3,))
    steps = [(value - there[f"adamw.wd001.step3.{name}"]).abs().max() for name, value in kept[3].items() if f"adamw.wd001.step3.{name}" in there]
    worst = max(float(value) for value in apart)
    stepped = max(map(float, steps))
    print(f"{folder.name}: within {worst:.1e} of the values that are there, parameters after three steps within {stepped:.1e}")
    assert worst < 1e-9 and stepped < 1e-6, "the procedure gives other values"


def draw_batches(case):
    draw = torch.Generator().manual_seed(case["seed"])
    pad, count = case["config"].get("pad_token_id"), case["config"]["vocab_size"]
    ids = torch.randint(6, count, (3, case["batch"], case["block"]), generator=draw)
    for row, place in case.get("pads", []): ids[:, row, place] = pad
    labels = ids.clone()
    labels[:, :, :case.get("ignore_prefix", 0)] = -100
    if case.get("ignore_pads"): labels[ids == pad] = -100
    return ids, labels


def write_model(case, folder):
    model = random_model(case["config"], case["seed"])
    save(model, folder)
    lora = case["lora"]
    adapted = get_peft_model(model, LoraConfig(r=lora["r"], lora_alpha=lora["alpha"], target_modules=lora["targets"], lora_dropout=0.0, task_type="CAUSAL_LM"))
    draw = torch.Generator().manual_seed(case["seed"] + 1000)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name: weight.copy_(0.15 * torch.randn(weight.shape, generator=draw))
    adapted.peft_config["default"].base_model_name_or_path = None
    adapted.peft_config["default"].target_modules = list(lora["targets"])  # a set's order differs from run to run
    adapted.save_pretrained(folder / "lora")
    (folder / "lora/README.md").unlink(missing_ok=True)
    (folder / "generation_config.json").unlink(missing_ok=True)


def in_float32(folder, ids, labels, prompt):
    """What transformers computes in float32, to state its own error."""
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    logits, loss, _, grads = gradients(model, ids, labels)
    text = model.generate(prompt[None], max_new_tokens=16, do_sample=False, eos_token_id=None, attention_mask=torch.ones_like(prompt[None]))[0]
    return logits, loss, grads, text


def make(case, folder, peer):
    """The float64 values of a case."""
    ids, labels = draw_batches(case)
    model, pad = load(folder), case["config"].get("pad_token_id")
    logits, loss, each, grads = gradients(model, ids[0], labels[0])
    vectors = {"input_ids": ids, "labels": labels, "logits": logits, "loss": loss[None], "token_loss": each}
    vectors |= {f"grad.{name}": value for name, value in grads.items()}
    if case.get("pads"):
        row = grads["model.embed_tokens.weight"][pad]
        assert bool((row == 0).all()) != case["config"]["tie_word_embeddings"], "the padding's row"
    meta = {"name": case["name"], "dtype": "float64 reference, parameters after steps stored as float32", "lr": LEARNING_RATE, "betas": BETAS, "eps": EPSILON,
            "shift": "labels are shifted by one inside the model (HF rule), -100 ignored", "torch": torch.__version__, "transformers": transformers.__version__, "adamw": {}}
    for kind, (decay, share) in KINDS.items():
        limit = None if share is None else round(share * meta["adamw"]["wd001"]["grad_norms"][0], 2)
        kept, meta["adamw"][kind] = train(model, ids, labels, decay, limit, (3,) if kind == "wd0" else (1, 3))
        vectors |= {f"adamw.{kind}.step{step}.{name}": value for step, values in kept.items() for name, value in values.items()}
    prompt = ids[0, 0, 5:10]
    vectors["greedy"], gap = greedy(model, prompt, 16)
    if gap < SMALLEST_GAP or set(vectors["greedy"].tolist()) & {2, pad}: return None, gap
    meta["greedy"] = {"prompt": 5, "new": 16, "min_top2_gap": gap, "hf_fp32_generate_agrees": peer[3].tolist() == vectors["greedy"].tolist()}
    adapted = with_adapter(folder)
    logits, loss, _, lora = gradients(adapted, ids[0], labels[0])
    vectors |= {"lora.logits": logits, "lora.loss": loss[None]} | {f"lora.grad.{lora_name(name)}": value for name, value in lora.items()}
    kept, told = train(adapted, ids, labels, *KINDS["wd001"], (1, 3))
    meta["lora"] = {key: case["lora"][key] for key in ("targets", "r", "alpha")} | {"adamw": told}
    vectors |= {f"lora.adamw.wd001.step{step}.{lora_name(name)}": value for step, values in kept.items() for name, value in values.items()}
    apart = max((peer[2][name] - grads[name]).abs().max().item() for name in grads)
    meta["fp32_peer"] = {"logits_max_abs_err": (peer[0] - vectors["logits"]).abs().max().item(), "logits_max_abs": vectors["logits"].abs().max().item(),
                         "loss_abs_err": (peer[1] - vectors["loss"]).abs().item(), "grad_max_abs_err": apart, "grad_max_abs": max(value.abs().max().item() for value in grads.values())}
    if case.get("pads"): meta["pad_token_id"], meta["pad_row_gradient"] = pad, "zero" if bool((row == 0).all()) else "of the head only"
    return vectors, meta


def again(cases, root):
    """Begins anew, since what was lifted stays lifted."""
    arguments = []
    for case in cases:
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file: json.dump(case, file)
        arguments += ["--case", file.name]
    os.execv(sys.executable, [sys.executable, __file__, *arguments, str(root)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path, nargs="?", help="where the cases' folders go")
    parser.add_argument("--example", action="store_true", help="print a case and end")
    parser.add_argument("--case", type=pathlib.Path, action="append", help="a JSON file of a case; without it the cases of this script")
    options = parser.parse_args()
    if options.example: return print(json.dumps(CASES[1], indent=1))
    root = options.root
    if root is None: parser.error("where shall the cases' folders go?")
    cases = [json.loads(path.read_text()) for path in options.case] if options.case else CASES
    torch.manual_seed(0)
    single, peers = torch.float32, {}
    for case in cases:
        folder = root / case["name"]
        write_model(case, folder)
        ids, labels = draw_batches(case)
        peers[case["name"]] = in_float32(folder, ids[0], labels[0], ids[0, 0, 5:10])
    lift()
    for name in ("llama_tied", "phi3", "gpt_neox"): try_procedure(TRIED_ON / name)
    for case in cases:
        vectors, meta = make(case, root / case["name"], peers[case["name"]])
        if vectors is None:
            case["seed"] += 1
            print(f"{case['name']}: the smallest gap is {meta:.3f}, next is seed {case['seed']}", flush=True)
            again(cases, root)
        stored = {name: (value.to(single) if "adamw." in name else value).detach().contiguous().numpy() for name, value in vectors.items()}
        safetensors.numpy.save_file(stored, root / case["name"] / "vectors.safetensors")
        (root / case["name"] / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
        print(f"{case['name']}: {meta['fp32_peer']}, smallest gap {meta['greedy']['min_top2_gap']:.3f}")


if __name__ == "__main__": main()
