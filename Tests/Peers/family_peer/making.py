"""A model of a few thousand weights from a configuration, and its config.json as older files on the Hub spell it."""
import json
import torch
from transformers import AutoConfig, AutoModelForCausalLM


def random_model(settings, seed):
    """A model in float32 in which no norm is 1, no bias 0 and no row of the embedding the padding's zeros."""
    config = AutoConfig.for_model(**settings)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
    draw = torch.Generator().manual_seed(seed)
    centre = 0.0 if settings["model_type"] == "gemma3_text" else 1.0  # gemma's norms multiply by 1 + w
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=draw)
            if weight.dim() == 1: weight.copy_(0.2 * noise if name.endswith("bias") else centre + 0.2 * noise)
            else: weight.copy_(noise * (0.3 if "emb" in name or "wte" in name or "wpe" in name else 1.2 / weight.shape[1] ** 0.5))
    return model.eval()


def sliding_pattern(layer_types):
    """The p of which every p-th layer is full, or none if no p says it."""
    full = [kind == "full_attention" for kind in layer_types]
    return next((p for p in range(1, len(full) + 2) if full == [(i + 1) % p == 0 for i in range(len(full))]), None)


def old_spelling(config):
    """The same configuration with the keys of transformers 4."""
    old = {key: value for key, value in config.items() if key not in ("dtype", "_sliding_window_pattern", "use_bidirectional_attention")}
    family, rope = old["model_type"], old.pop("rope_parameters", None)
    old["torch_dtype"], old["transformers_version"] = config.get("dtype", "float32"), "4.45.0"
    if family == "gemma3_text":
        old["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        rope = rope["full_attention"]
        old["sliding_window_pattern"] = sliding_pattern(old["layer_types"])
        assert old["sliding_window_pattern"], "these layers have no pattern"
    old.pop("layer_types", None)
    if rope:
        rope = dict(rope)
        theta, share = rope.pop("rope_theta"), rope.pop("partial_rotary_factor", None)
        if family == "gpt_neox": old["rotary_emb_base"], old["rotary_pct"] = theta, share
        else:
            old["rope_theta"] = theta
            if share not in (None, 1.0): old["partial_rotary_factor"] = share
        old["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    return dict(sorted(old.items()))


def save(model, folder):
    """save_pretrained, and config.old.json beside it."""
    model.save_pretrained(folder)
    with open(f"{folder}/config.json", encoding="utf-8") as file: config = json.load(file)
    with open(f"{folder}/config.old.json", "w", encoding="utf-8") as file: file.write(json.dumps(old_spelling(config), indent=2) + "\n")
