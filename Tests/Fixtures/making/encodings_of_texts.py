"""Which tokens the programs make of a text: losses and counts on bases with different tokenizers.

The weights are always those of bases/float32; only the tokenizer and what belongs to it differ.
"""

import copy
import json
import shutil
from pathlib import Path

from programs import Programs, write_json

TURN = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    "+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
SETTINGS = "tokenizer_config.json"
# Added tokens, whether the post-processor puts the first of them before a text, other files.
VARIANTS = {
    "plain": ([], False, {SETTINGS: {"eos_token": "<|endoftext|>"}}),
    "bare": ([], False, {}),
    "begin": (["<s>", "</s>"], True, {SETTINGS: {"bos_token": "<s>", "eos_token": "</s>"}}),
    "begin-bare": (["<s>", "</s>"], True, {}),
    "chatml": (["<|im_start|>", "<|im_end|>"], False,
               {SETTINGS: {"eos_token": "<|im_end|>", "chat_template": TURN}}),
    "llama3": (["<s>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], True,
               {SETTINGS: {"bos_token": "<s>", "eos_token": {"content": "<|eot_id|>"},
                           "chat_template": LLAMA3}}),
    # Where an end token is named otherwise, or is none, or is another one.
    "no-end": (["<s>"], False, {SETTINGS: {"eos_token": "</nothing>"}}),
    "renamed-end": ([], False, {}),
    "end-in-config": (["<s>", "</s>"], False, {"config.json": {"eos_token_id": 289}}),
    "end-in-map": (["<s>", "</s>"], False, {"special_tokens_map.json": {"eos_token": "</s>"}}),
    "end-in-generation": (["<s>", "</s>"], False, {
        SETTINGS: {"eos_token": "<|endoftext|>"},
        "generation_config.json": {"eos_token_id": [289, 0]},
    }),
    "outside": ([], False, {"added_tokens.json": {"<s>": 288, "User": 289}}),
}
FILES = [
    "plain.txt", "documents.jsonl", "instructions.jsonl", "histories.jsonl", "chats.jsonl",
    "conversations.jsonl", "prompts.jsonl", "others.jsonl", "documents.jsonlines",
    "table.csv",
]


def write_tokenizers(out: Path) -> None:
    trained = json.loads((out / "bases/float32/tokenizer.json").read_text())
    configuration = json.loads((out / "bases/float32/config.json").read_text())
    for name, (added, begins, files) in VARIANTS.items():
        tokenizer = copy.deepcopy(trained)
        for index, content in enumerate(added):
            tokenizer["added_tokens"].append({
                "id": 288 + index, "content": content, "single_word": False, "lstrip": False,
                "rstrip": False, "normalized": False, "special": True,
            })
        if begins:
            tokenizer["post_processor"] = beginning(added[0])
        if name == "renamed-end":
            tokenizer["added_tokens"][0]["content"] = "<|end|>"
            vocabulary = tokenizer["model"]["vocab"]
            if "<|endoftext|>" in vocabulary:
                vocabulary["<|end|>"] = vocabulary.pop("<|endoftext|>")
        folder = out / f"encodings/{name}"
        write_json(folder / "tokenizer.json", tokenizer, indent=None)
        for file, content in files.items():
            whole = {**configuration, **content} if file == "config.json" else content
            write_json(folder / file, whole)


def beginning(token: str) -> dict:
    """A post-processor that puts a token before a text."""
    first = {"SpecialToken": {"id": token, "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "type": "TemplateProcessing", "single": [first, text],
        "pair": [first, text, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {token: {"id": token, "ids": [288], "tokens": [token]}},
    }


def lay_out(out: Path, name: str) -> Path:
    """A base with the tokenizer of this name."""
    if not (out / "encodings").exists():
        write_tokenizers(out)
    base = out / f"encodings/{name}/base"
    base.mkdir()
    for file in ["config.json", "model.safetensors"]:
        shutil.copy(out / f"bases/float32/{file}", base)
    for path in (out / f"encodings/{name}").glob("*.json"):
        if path.name != "expected.json":
            shutil.copy(path, base)
    return base


def make(programs: Programs, out: Path) -> None:
    for name in VARIANTS:
        base = lay_out(out, name)
        found = {file: seen(programs, out, base.relative_to(out), file) for file in FILES}
        shutil.rmtree(base)
        write_json(out / f"encodings/{name}/expected.json", found)


def seen(programs: Programs, out: Path, base: Path, file: str) -> dict:
    """What evaluate measures on the file, and what finetune says of it at its start."""
    data = ["--base", base, "--data", f"data/{file}", "--block-size", 64, "--threads", 1]
    code, documents, words = programs.try_call("genki-validatord", "evaluate", *data, cwd=out)
    if code != 0:
        return {"evaluate_refusal": documents[-1]["error"] if documents else words.strip(),
                "exit_code": code}
    measured = documents[-1]["datasets"][0]
    code, events, words = programs.try_call(
        "genki-minerd", "finetune", *data, "--out", "trial", "--steps", 1, "--batch", 64,
        "--compute", "float32", "--eval-fraction", 0, cwd=out)
    if code != 0:
        raise SystemExit(f"make: finetune of {base} on {file} ended with {code}: {words}")
    shutil.rmtree(out / "trial")
    report = events[0]["data"][0]
    return {
        "windows": measured["windows"], "tokens": measured["tokens"], "loss": measured["base_loss"],
        "report": report,
        "step_loss": next(event["loss"] for event in events if event["event"] == "step"),
    }
