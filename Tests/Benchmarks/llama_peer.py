"""llama.cpp's side of genki-bench's decoding workloads: one sequence, greedy, weights as the folder has them.

Started by `genki-bench compare --beside llama` like torch_peer.py; needs llama-cpp-python, gguf and numpy.
The folder's Llama is written as a GGUF file without a tokenizer beside it, once.
"""

import json
import pathlib
import struct

import peer_loop

import gguf
import llama_cpp as llama
import numpy as np

KINDS = {"F32": gguf.GGMLQuantizationType.F32, "F16": gguf.GGMLQuantizationType.F16, "BF16": gguf.GGMLQuantizationType.BF16}
NAMES = {"float32": "float32", "bfloat16": "bf16", "float16": "fp16"}


def token(step, place, vocabulary):
    """The same formula as torch_peer.py's and TokenStream's."""
    mask = (1 << 64) - 1
    mixed = ((step + 1) * 0x9E3779B97F4A7C15 + (place + 1) * 0xD1B54A32D192ED03) & mask
    mixed ^= mixed >> 32
    mixed = (mixed * 0xBF58476D1CE4E5B9) & mask
    share = mixed >> 32
    return (((share * share >> 32) * share >> 32) * vocabulary) >> 32


def tensors(path):
    """Name, type and bytes of every tensor of a safetensors file, in its shape."""
    data = np.memmap(path, np.uint8, "r")
    length = struct.unpack("<Q", data[:8].tobytes())[0]
    header = json.loads(data[8 : 8 + length].tobytes())
    for name, info in header.items():
        if name == "__metadata__":
            continue
        begin, end = info["data_offsets"]
        raw = data[8 + length + begin : 8 + length + end]
        yield name, info["dtype"], raw.reshape(*info["shape"][:-1], -1)


def interleaved(rows, heads):
    """llama.cpp turns neighbouring pairs of a head, transformers' layout has them half a head apart."""
    return rows.reshape(heads, 2, -1, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


def widened(raw, kind):
    if kind == "F32":
        return raw.view(np.float32)
    if kind == "F16":
        return raw.view(np.float16).astype(np.float32)
    return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def write(folder, target):
    config = json.loads((folder / "config.json").read_text())
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("no_vocab")
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, kind, raw in tensors(folder / "model.safetensors"):
        new = names.get_name(name, try_suffixes=(".weight",))
        if raw.ndim == 1:
            # Norms are float32 in every GGUF file.
            writer.add_tensor(new, np.ascontiguousarray(widened(raw, kind)))
            continue
        if name.endswith("q_proj.weight"):
            raw = interleaved(raw, heads)
        if name.endswith("k_proj.weight"):
            raw = interleaved(raw, groups)
        values = np.ascontiguousarray(raw)
        writer.add_tensor(new, values.view(np.float32) if kind == "F32" else values, raw_dtype=KINDS[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Decoding:
    def __init__(self, options):
        self.options = options
        folder = pathlib.Path(options["model"])
        path = folder.parent / f"{folder.name}.gguf"
        if not path.exists():
            partial = path.with_suffix(".partial")
            write(folder, partial)
            partial.rename(path)
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
        limits = llama.llama_context_default_params()
        limits.n_ctx = options["prompt_tokens"] + options["new_tokens"]
        limits.n_batch = limits.n_ubatch = 512
        limits.n_threads = limits.n_threads_batch = options["threads"]
        self.context = llama.llama_init_from_model(self.model, limits)
        self.remark = f"llama-cpp-python {llama.__version__}"

    def read(self, ids, first):
        batch = llama.llama_batch_init(len(ids), 0, 1)
        for place, id in enumerate(ids):
            batch.token[place], batch.pos[place] = id, first + place
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
            batch.logits[place] = place + 1 == len(ids)
        batch.n_tokens = len(ids)
        if llama.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama_decode failed")
        llama.llama_batch_free(batch)
        logits = llama.llama_get_logits_ith(self.context, -1)
        return int(np.ctypeslib.as_array(logits, (self.options["vocabulary"],)).argmax())

    def prepare(self, step):
        count = self.options["prompt_tokens"]
        self.prompt = [token(step, place, self.options["vocabulary"]) for place in range(count)]

    def perform(self):
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        new = [self.read(self.prompt, 0)]
        while len(new) < self.options["new_tokens"]:
            new.append(self.read(new[-1:], len(self.prompt) + len(new) - 1))
        return {"loss": None, "tokens": new}

    def describe(self, outcome):
        return outcome


def main():
    _, options = peer_loop.options()
    program_bytes = peer_loop.resident_bytes()
    peer_loop.serve(Decoding(options), NAMES[options["stored"]], program_bytes)


if __name__ == "__main__":
    main()
