#!/usr/bin/env python3
"""What Python's re and peft make of the forms in which adapters' configurations name modules.

  adapter_patterns.py patterns   writes Tests/Vectors/formats/adapter_patterns.jsonl to standard output
  adapter_patterns.py choices    writes Tests/Vectors/formats/adapter_choices.jsonl (needs peft)
  adapter_patterns.py compare    holds the first against peft's own functions (needs peft)

The first line of both files has the paths. Each other line of the patterns has one, how PEFT holds it against a
path ("whole" for target_modules and exclude_modules, "key" for keys of rank_pattern and alpha_pattern) and a digit
for each path, 1 where it matches; or null where Python finds no regular expression in it. Each other line of the
choices has settings of an adapter_config.json, and for each path whether PEFT gives that module an adapter, its rank
and its alpha; or null where PEFT refuses the settings.
"""
import json
import random
import re
import signal
import sys
import warnings

PATHS = [
    "model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.k_proj", "model.layers.11.self_attn.v_proj",
    "model.layers.11.self_attn.o_proj", "model.layers.2.mlp.gate_proj", "model.layers.12.mlp.down_proj",
    "model.language_model.layers.3.mlp.up_proj", "transformer.h.0.attn.c_attn", "transformer.h.7.mlp.c_fc",
    "transformer.h.10.attn.attention.out_proj", "gpt_neox.layers.5.attention.query_key_value",
    "base.layers.1.experts.0.w1", "q_proj", "xq_proj", "model.layers.0.self_attn.q_proj_2", "a", "ab", "aab", "b.a",
    "0", "a.0.b", "layers.1",
]

UNSLOTH = (
    r"(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?"
    r"(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\."
    r"(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\."
    r"(?:(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)))"
)
WHOLE = [
    UNSLOTH, r".*\.(q_proj|v_proj)", r".*\.q_proj", r"^.*\.(?:q_proj|v_proj)$", r".*\.self_attn\.(q_proj)", r".*q_proj",
    r".*\.(q|v)_proj", ".*", ".+", "", r".*\.a|.*\.b", r".*\.layers\.[01]\..*q_proj", r"model\.layers\.\d+\.self_attn\.(q_proj|k_proj)",
    r".*decoder.*(SelfAttention|EncDecAttention).*(q|v)$", r"^(?!.*lm_head).*$", r".*\.(?P<a>q_proj)", r"(?i).*Q_PROJ",
    r".*(self_attn|mlp).*(q|k|v|o|gate|up|down)_proj.*", r"model\.layers\.(0|1|2|11)\..*_proj", r"model.layers.[0-9].mlp.*",
    r"(model\.)?layers\.1{1,2}.*", r"(.*)+q_proj", r"(a|b|ab)*(b|\.a)?", r"(a*)*b", r"(a|a)*b", r"(?:a?){5}b?", r"[^.]+", r"[^.]*\.[^.]*",
    r"[\w.]+\b_?proj", r"\w+", r"\w+\.\w+", r".*\bq_proj\b", r".*\Bq_proj", r"\Amodel.*\Z", r"[]a]+", r"[^]a]+", r"[a-]+", r"[-a]+",
    r"[\d]", r"[a\-b]+", r"a{2}b", r"a{,2}b", r"a{2,}b", r"a{x", r"a{}", r"a{,}", r"a{1,2}?b", "a{3,2}", r"*a", r"a**", r"a*?b", r"a+?b", r"a??b",
    r"^*", r"(^)*a", r"(?:^|b\.)a", r"$|a", r"a$b", r"a^b", r"(a", r"a)", r"[a", r"[b-a]", r"[\w-a]", "a\\", r"\q", r"a||b", r"(|a)b", r"(a|)*b", r"()a",
    r"é", r"[^é]+", r"[a-é]+", r"\.", r"\/a", r"a#", r"a b", r"[[a]", r"\s", r"\S+", r"\D+", r"[\D]+", r"[^\W]+", r"\W", r".{1}", r".{31}", r"(.{5}){6}.",
]
KEYS = [
    "q_proj", "layers.1.self_attn.k_proj", r"^model.layers.0.*q_proj", r"layers\.1\..*", r"q_proj|v_proj", r"model.layers.(0|11).*",
    r"^q_proj", r".*", r"", r"proj", r"q_proj$", r"a)|(b", r"a|b", r"(?:self_attn|mlp).*", r"self.attn.q_proj", r"layers.0", r"\d+\..*", r"[", r"x*", "0.self_attn.q_proj", r"model.*0",
]
ATOMS = ["a", "b", ".", r"\.", "0", r"\d", r"\w", "[ab]", "[^a]", "[a-c]", "_", r"\b", "q_proj", "layers", "[^.]", "^", "$", r"\B", r"[\d_]"]
PLACES = ["^", "$", r"\b", r"\B"]
REPEATS = ["", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,1}", "{1,}"]


def random_pattern(source, depth=0):
    branches = []
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        items = []
        for _ in range(source.choice([0, 1, 1, 2, 3, 4])):
            if depth < 3 and source.random() < 0.25:
                atom = source.choice(["(", "(?:"]) + random_pattern(source, depth + 1) + ")"
            else:
                atom = source.choice(ATOMS)
            is_place = atom in PLACES and source.random() < 0.97
            items.append(atom if is_place else atom + source.choice(REPEATS))
        branches.append("".join(items))
    return "|".join(branches)


def matches(pattern, form, path):
    if form == "whole":
        return re.fullmatch(pattern, path) is not None
    return re.match(rf"(.*\.)?({pattern})$", path) is not None


def verdicts(pattern, form):
    try:
        return "".join("1" if matches(pattern, form, path) else "0" for path in PATHS)
    except re.error:
        return None


class TooLong(Exception):
    pass


def patterns():
    yield {"paths": PATHS}
    source = random.Random(18)
    cases = [(pattern, "whole") for pattern in WHOLE] + [(pattern, "key") for pattern in KEYS]
    cases += [(random_pattern(source), "whole" if index % 4 else "key") for index in range(600)]
    seen = set()

    def stop(*_):
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    for pattern, form in cases:
        if (pattern, form) in seen:
            continue
        seen.add((pattern, form))
        signal.setitimer(signal.ITIMER_REAL, 2)
        try:
            yield {"pattern": pattern, "form": form, "matches": verdicts(pattern, form)}
        except TooLong:
            continue  # Python backtracks without end
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def compare():
    from types import SimpleNamespace

    from peft.tuners.tuners_utils import check_target_module_exists
    from peft.utils.other import get_pattern_key

    count = 0
    for line in patterns():
        if line.get("matches") is None:
            continue
        for path, digit in zip(PATHS, line["matches"]):
            if line["form"] == "whole":
                config = SimpleNamespace(target_modules=line["pattern"], target_parameters=None)
                found = bool(check_target_module_exists(config, path))
            elif line["pattern"] != path:
                found = get_pattern_key([line["pattern"]], path) == line["pattern"]
            else:
                continue
            assert found == (digit == "1"), (line, path)
            count += 1
    print(f"{count} verdicts are those of peft")


def settings():
    lists = [["q_proj"], ["q_proj", "mlp.down_proj", "c_attn"], ["model.layers.1.self_attn.k_proj"], ["proj"], ["w1", "c_fc"]]
    excludes = [None, [], "", ["q_proj"], ["layers.11.self_attn.v_proj"], r".*\.layers\.0\..*", r"q_proj", ["c_fc", "w1"]]
    layers = [None, [], 0, 11, [0, 11], [1], [-1], [7, 10, 5]]
    names = [None, [], "", "layers", "h", ["h", "layers"], "experts", "model.layers", "lay.rs"]
    for targets in [*lists, r".*_proj", r"model\.layers\.\d+\.self_attn\.(q_proj|k_proj)", "q_proj"]:
        for exclude in excludes:
            yield {"target_modules": targets, "exclude_modules": exclude}
    for targets in [["q_proj", "v_proj", "c_attn", "c_fc", "w1", "out_proj", "query_key_value"], ".*_proj"]:
        for chosen in layers:
            for name in names:
                yield {"target_modules": targets, "layers_to_transform": chosen, "layers_pattern": name}
    keys = [{}, {"q_proj": 16}, {"layers.1.self_attn.k_proj": 2, "k_proj": 3}, {"k_proj": 3, "layers.1.self_attn.k_proj": 2},
            {"^model.layers.0.*q_proj": 4}, {r".*\.layers\.1\d?\..*": 5, "v_proj": 6}, {"q_proj|v_proj": 7}, {"^q_proj": 9},
            {"model.layers.11": 3}, {"self.attn.q.proj": 11}, {"model.*0": 12, "h.7.mlp.c_fc": 13}]
    for ranks in keys:
        for alphas in keys:
            if ranks == {} or alphas == {} or len(alphas) == len(ranks):
                yield {"target_modules": ["q_proj", "v_proj", "k_proj", "c_fc"], "rank_pattern": ranks, "alpha_pattern": alphas}


def choices():
    from peft import LoraConfig
    from peft.tuners.tuners_utils import check_target_module_exists
    from peft.utils.other import get_pattern_key

    yield {"paths": PATHS}
    for changes in settings():
        line = {"settings": changes, "targets": None}
        try:
            config = LoraConfig(r=8, lora_alpha=16, task_type="CAUSAL_LM", **changes)
        except ValueError:
            yield line
            continue

        def of(pattern, fallback, path):
            return pattern.get(get_pattern_key(pattern.keys(), path), fallback)

        targets = [check_target_module_exists(config, path) for path in PATHS]
        # What excludes a module is an object that is false.
        line["targets"] = "".join("1" if target else "0" for target in targets)
        line["ranks"] = [of(config.rank_pattern, config.r, path) for path in PATHS]
        line["alphas"] = [of(config.alpha_pattern, config.lora_alpha, path) for path in PATHS]
        if not changes.get("rank_pattern"):
            del line["ranks"]
        if not changes.get("alpha_pattern"):
            del line["alphas"]
        yield line


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["compare"]:
        compare()
    elif sys.argv[1:] in (["patterns"], ["choices"]):
        for line in {"patterns": patterns, "choices": choices}[sys.argv[1]]():
            print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
    else:
        sys.exit(__doc__)
