"""The same steps by genki-minerd and by PyTorch."""
import json, math, subprocess
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

STEPS, BATCH, BLOCK, RANK, ALPHA = 20, 4, 40, 3, 6
PEAK = {"full": 1e-3, "lora": 1e-2}
WARMUP, DECAY, CLIP, BETAS, EPSILON = 4, 0.05, 1.0, (0.9, 0.99), 1e-8


class Refused(Exception):
    """What a program of ours said instead of doing it."""


def call(program, *arguments):
    """A program's JSON lines."""
    done = subprocess.run([program, *map(str, arguments), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    error = next((line["error"] for line in lines if "error" in line), None)
    if done.returncode: raise Refused(error["message"] if error else f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return lines


def finetune(minerd, method, base, data, out, linears, steps=STEPS, peak=None):
    """A run of ours; loss and gradient's norm of each step."""
    options = ["--base", base, "--data", data, "--out", out, "--method", method, "--steps", steps, "--batch", BATCH, "--block-size", BLOCK, "--order", "sequential",
               "--learning-rate", PEAK[method] if peak is None else peak, "--schedule", "cosine", "--warmup-steps", WARMUP if steps == STEPS else 0,
               "--weight-decay", DECAY if peak is None else 0, "--clip-norm", CLIP, "--beta1", BETAS[0], "--beta2", BETAS[1], "--epsilon", EPSILON,
               "--seed", 7, "--threads", 1, "--compute", "float32"]
    if method == "lora": options += ["--rank", RANK, "--alpha", ALPHA, "--target-modules", ",".join(linears)]
    events = call(minerd, "finetune", *options)
    return [(event["loss"], event["grad_norm"]) for event in events if event.get("event") == "step"]


def rate(step, peak):
    """docs/finetune.md: the rate of a step, from 0."""
    if step < WARMUP: return peak * (step + 1) / WARMUP
    return peak * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def batches(ids):
    """docs/finetune.md: row r of step s is window (s*B + r) mod W; its targets are the same tokens shifted by one."""
    count = (len(ids) - 1) // BLOCK
    for step in range(STEPS):
        starts = [(step * BATCH + row) % count * BLOCK for row in range(BATCH)]
        yield torch.tensor([ids[at:at + BLOCK] for at in starts]), torch.tensor([ids[at + 1:at + BLOCK + 1] for at in starts])


def train(model, ids, peak):
    """The same run in PyTorch, in the type the model has; matrices decay, biases and norms do not. Loss and norm of each step."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [{"params": [w for w in weights if w.dim() > 1], "weight_decay": DECAY}, {"params": [w for w in weights if w.dim() == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=peak, betas=BETAS, eps=EPSILON)
    model.eval()  # without dropout
    told = []
    for step, (inputs, targets) in enumerate(batches(ids)):
        for group in optimizer.param_groups: group["lr"] = rate(step, peak)
        optimizer.zero_grad()
        logits = model(input_ids=inputs, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(weights, CLIP)
        optimizer.step()
        told.append((loss.item(), norm.item()))
    return told


def load(folder, adapter=None):
    """A folder as transformers and PEFT load it; every tensor of the file is taken and none is missing."""
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    wrong = {key: value for key, value in report.items() if value}
    if wrong: raise Refused(f"transformers loads {folder} with {wrong}")
    if adapter is None: return model.eval()
    adapted = PeftModel.from_pretrained(model, adapter)
    inside = {name.replace(".default.", "."): value for name, value in adapted.state_dict().items() if "lora_" in name}
    stored = load_file(f"{adapter}/adapter_model.safetensors")
    if inside.keys() != stored.keys() or any(not torch.equal(inside[name], stored[name]) for name in stored): raise Refused(f"PEFT loads other tensors than {adapter} has")
    return adapted.eval()


def begin_adapter(base, start):
    """A fresh adapter as ours begins: A as a run of one step without any rate leaves it, B zero."""
    config = LoraConfig.from_pretrained(start)
    config.inference_mode = False
    model = get_peft_model(load(base), config)
    stored = load_file(f"{start}/adapter_model.safetensors")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_A" in name: weight.copy_(stored[name.replace(".default.", ".")])
            if "lora_B" in name:
                assert stored[name.replace(".default.", ".")].abs().max() < 1e-20, "the run of no rate has moved B"
                weight.zero_()
    return model
