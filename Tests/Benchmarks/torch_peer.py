"""PyTorch's side of genki-bench: does a workload's steps as stdin orders them, one JSON line an answer.

Started by `genki-bench compare`; needs torch, transformers and, for adapters, peft. Everything it needs
to know is in --workload, a JSON object that the driver writes.
"""

import ctypes
import os
import signal
import time

import peer_loop

import numpy as np
import torch
import torch.nn.functional as F
import torch_compiled
from transformers import AutoModelForCausalLM


def tokens(step, count, vocabulary):
    """The ids at the first places of a step's data; TokenStream.swift has the same formula."""
    place = np.arange(1, count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        mixed = np.uint64((step + 1) * 0x9E3779B97F4A7C15 % 2**64) + place * np.uint64(0xD1B54A32D192ED03)
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
    share = mixed >> np.uint64(32)
    cube = ((share * share) >> np.uint64(32)) * share >> np.uint64(32)
    return torch.from_numpy(((cube * np.uint64(vocabulary)) >> np.uint64(32)).astype(np.int64))


class Work:
    def __init__(self, options, dtype, compiler):
        self.options = options
        self.dtype = dtype
        self.compiler = compiler
        self.remark = None

    def load(self, dtype=torch.float32):
        return AutoModelForCausalLM.from_pretrained(self.options["model"], dtype=dtype)

    def describe(self, outcome):
        return outcome

    def windows(self, step):
        rows, length = self.options["rows"], self.options["block_size"]
        ids = tokens(step, rows * (length + 1), self.options["vocabulary"]).view(rows, length + 1)
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous()

    def loss(self, model, data):
        # All positions give loss, as on the other side: the labels are shifted already.
        inputs, targets = data
        logits = model(input_ids=inputs, use_cache=False).logits
        return F.cross_entropy(logits.view(-1, logits.shape[-1]).float(), targets.view(-1))


class Training(Work):
    def __init__(self, options, dtype, compiler):
        super().__init__(options, dtype, compiler)
        variant = fastest_optimizer(self)
        self.remark = f"AdamW {variant}"
        self.model = self.build()
        self.optimizer = self.adamw(self.model, variant)
        self.loss = compiler(self.loss)

    def build(self):
        model = self.load()
        if self.options["adapter"] is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, self.options["adapter"], is_trainable=True)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        return model.train()

    def adamw(self, model, variant):
        return torch.optim.AdamW(
            [p for p in model.parameters() if p.requires_grad],
            lr=self.options["learning_rate"],
            betas=(self.options["beta1"], self.options["beta2"]),
            eps=self.options["epsilon"],
            weight_decay=self.options["weight_decay"],
            fused=variant == "fused",
            foreach=variant == "foreach",
        )

    def prepare(self, step):
        self.data = self.windows(step)

    def perform(self):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            loss = self.loss(self.model, self.data)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {"loss": loss.item()}


class Evaluation(Work):
    def __init__(self, options, dtype, compiler):
        super().__init__(options, dtype, compiler)
        self.model = self.load(dtype).eval()
        self.loss = compiler(self.loss)

    def prepare(self, step):
        self.data = self.windows(step)

    @torch.inference_mode()
    def perform(self):
        return {"loss": self.loss(self.model, self.data).item()}


class Decoding(Work):
    def __init__(self, options, dtype, compiler):
        super().__init__(options, dtype, compiler)
        self.model = self.load(dtype).eval()
        self.model.forward = compiler(self.model.forward)

    def prepare(self, step):
        count = self.options["prompt_tokens"]
        self.prompt = tokens(step, count, self.options["vocabulary"]).view(1, count)

    @torch.inference_mode()
    def perform(self):
        new = self.options["new_tokens"]
        # A compiled model needs a cache whose size never changes; elsewhere that is slower.
        cache = None if self.compiler.mode == "eager" else "static"
        ids = self.model.generate(
            input_ids=self.prompt,
            attention_mask=torch.ones_like(self.prompt),
            do_sample=False,
            max_new_tokens=new,
            min_new_tokens=new,
            pad_token_id=0,
            cache_implementation=cache,
        )
        return {"loss": None, "tokens": ids[0, self.prompt.shape[1] :].tolist()}


class Adapters(Work):
    """The losses of several adapters: on one base that stays, or each on a base that is loaded for it."""

    def prepare(self, step):
        self.data = self.windows(step)

    @torch.inference_mode()
    def perform(self):
        from peft import PeftModel

        model = None
        losses = []
        for index, folder in enumerate(self.options["adapters"]):
            if model is None or not self.options["together"]:
                model = PeftModel.from_pretrained(self.load(self.dtype), folder, adapter_name="0").eval()
            else:
                model.load_adapter(folder, adapter_name=str(index))
                model.set_adapter(str(index))
            losses.append(self.loss(model, self.data).item())
        return {"loss": sum(losses) / len(losses)}


class Aggregation(Work):
    """numpy's weighted mean of models in memory, multiplied and added in place, one tensor at a time."""

    def __init__(self, options, dtype, compiler):
        from safetensors.numpy import load_file

        super().__init__(options, dtype, compiler)
        self.models = [load_file(folder + "/model.safetensors") for folder in options["models"]]
        scores = np.array(options["scores"], dtype=np.float64)
        self.shares = (scores / scores.sum()).astype(np.float32)
        self.remark = "numpy"

    def prepare(self, step):
        pass

    def perform(self):
        merged = {}
        for name, first in self.models[0].items():
            total = first * self.shares[0]
            for model, share in zip(self.models[1:], self.shares[1:]):
                total += model[name] * share
            merged[name] = total
        # Our model's first tensor is the largest table.
        table = merged["transformer.wte.weight"].reshape(-1)[: 1 << 16]
        return {"loss": float(np.abs(table.astype(np.float64)).mean())}


def fastest_optimizer(training):
    """Which variant of AdamW is faster for this model.

    Measured in a child, so that nothing of it counts as this process's memory. Must come before the first
    parallel work: threads do not survive a fork.
    """
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            # PR_SET_PDEATHSIG: killed when this worker is.
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            torch.set_num_threads(training.options["threads"])
            model = training.build()
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.grad = torch.full_like(parameter, 1e-3)
            seconds = {}
            for variant in ("foreach", "fused"):
                optimizer = training.adamw(model, variant)
                optimizer.step()
                times = []
                for _ in range(3):
                    before = time.monotonic()
                    optimizer.step()
                    times.append(time.monotonic() - before)
                seconds[variant] = min(times)
                del optimizer
            os.write(send, min(seconds, key=seconds.get).encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        variant = pipe.read()
    os.waitpid(child, 0)
    return variant or "fused"


def main():
    arguments, options = peer_loop.options()
    kinds = {
        "training": Training,
        "evaluation": Evaluation,
        "decoding": Decoding,
        "adapters": Adapters,
        "aggregation": Aggregation,
    }
    kind = kinds[options["task"]]
    program_bytes = peer_loop.resident_bytes()
    if kind is not Training:
        torch.set_num_threads(options["threads"])
    compiler = torch_compiled.Compiler(arguments.mode)
    work = kind(options, getattr(torch, arguments.dtype), compiler)
    torch.set_num_threads(options["threads"])

    def describe():
        if kind is Aggregation:
            return {}
        return {"mode": compiler.mode, "problem": compiler.problem, "compiled": compiler.remark}

    peer_loop.serve(work, arguments.dtype, program_bytes, describe)


if __name__ == "__main__":
    main()
