"""Writes what PyPI's tokenizers makes of texts of all of Unicode, for every way of cutting a text that
GenkiFormats knows: Tests/Vectors/formats/tokenizer_pieces.jsonl, which TokenizerPiecesTests reads.

Needs a Python with tokenizers.

  python Tests/Peers/tokenizer_pieces.py FILE [SEED]   the vectors
  python Tests/Peers/tokenizer_pieces.py show FORM TEXT...   the pieces of one form, to look at

A tokenizer's own vocabulary hides most of where pieces end. Here every two bytes merge, in an order without
rule, so that a border that is moved gives other ids. What the file keeps of ids is the beginning of their
SHA-256 (32 bits, little-endian): eight digits a text.
"""
import hashlib
import json
import random
import struct
import sys
import unicodedata

from tokenizers import Tokenizer

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SHORT = "'(?i:[sdmt]|ll|ve|re)"
END = r"\s+(?!\S)|\s+"
UPPER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
LOWER = r"\p{Ll}\p{Lm}\p{Lo}\p{M}"


def split(expression, **options):
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False} | options


def bytes_of(*steps, prefix=False, regex=False):
    last = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}
    return {"type": "Sequence", "pretokenizers": [*steps, last]} if steps else last


def digits(individual):
    return {"type": "Digits", "individual_digits": individual}


def forms():
    gpt2 = r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|" + END
    result = {
        "gpt2": bytes_of(regex=True),
        "gpt2 short": bytes_of(split("'(?:[sdmt]|ll|ve|re)" + gpt2)),
        "gpt2 removed": bytes_of(split("'s|'t|'re|'ve|'m|'ll|'d" + gpt2, behavior="Removed", invert=True)),
        "gpt2 prefix": bytes_of(regex=True, prefix=True),
        "digits": bytes_of(digits(True), regex=True),
        "digit runs": bytes_of(digits(False), regex=True),
    }
    for numbers in r"\p{N}", r"\p{N}{1,2}", r"\p{N}{1,3}":
        letters = r"|[^\r\n\p{L}\p{N}]?\p{L}+|" + numbers
        possessive = r"|[^\r\n\p{L}\p{N}]?+\p{L}+|" + numbers + r"| ?[^\s\p{L}\p{N}]++[\r\n]*"
        result |= {
            f"llama3 {numbers}": bytes_of(split(
                CONTRACTIONS + letters + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|" + END)),
            f"cl100k {numbers}": bytes_of(split(SHORT + possessive + r"|\s*[\r\n]|" + END, behavior="Removed", invert=True)),
            f"possessive {numbers}": bytes_of(split(SHORT + possessive + r"|\s*[\r\n]+|" + END)),
            f"marks {numbers}": bytes_of(split(
                CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|" + numbers
                + r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|" + END)),
        }
    first = rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+"
    second = rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*"
    for numbers in r"\p{N}", r"\p{N}{1,3}":
        rest = rf"|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|{END}"
        result[f"o200k {numbers}"] = bytes_of(split(f"{first}{CONTRACTIONS}?|{second}{CONTRACTIONS}?{rest}"))
        result[f"tekken {numbers}"] = bytes_of(split(f"{first}|{second}{rest}"))
        result[f"deepseek {numbers}"] = bytes_of(
            split(numbers), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"),
            split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                  r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|" + END))
    result = {name: (None, form) for name, form in result.items()}
    result["nfc"] = ({"type": "NFC"}, bytes_of(regex=True))
    return result


def alphabet():
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown} | {byte: chr(256 + i) for i, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def model():
    """Token 256 + n is the pair of bytes that an odd factor makes of n."""
    letters = alphabet()
    pairs = [divmod((n * 40503 + 12345) % 65536, 256) for n in range(65536)]
    pairs = [(letters[left], letters[right]) for left, right in pairs]
    tokens = letters + [left + right for left, right in pairs]
    return {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
        "vocab": {token: index for index, token in enumerate(tokens)},
        "merges": [f"{left} {right}" for left, right in pairs],
    }


def tokenizer(normalizer, cutting, bpe):
    return Tokenizer.from_str(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer,
        "pre_tokenizer": cutting, "post_processor": None, "decoder": None, "model": bpe}))


def texts(seed, count=400):
    source = random.Random(seed)
    pools = {}
    for value in range(0x110000):
        character = chr(value)
        category = unicodedata.category(character)
        if category != "Cs":
            pools.setdefault(category, []).append(character)
    digits = [c for c in pools["Nd"]]
    fixed = [
        list(" \t\n\r\x0b\x0c\x85\xa0\u2028\u3000"), ["\r\n", "\n\r", "\n\n", "\r", " \n", "\n ", "  "],
        ["'s", "'T", "'re", "'LL", "'\u017f", "'\u017F", "\u2019s", "'d", "'vE", "'", "''", "'l", "'r", "'\u212a", "\u212a", "\u017f"],
        list("abcXYZéßÉ"), list("0123456789"), list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~/"),
        list("漢字日本語かなカナ々〆ーㇰ\u9fa5\u9fa6\u4e00\u3040\u309f\u30a0\u30ff"), ["\0", "\U0010ffff", "\ufeff", "\ufffd", "\u200b", "\u200d"],
        ["e\u0301", "\u0301", "\u0345", "\u20dd", "क\u093f", "\u1100\u1161\u11a8", "ǅ", "ǈ", "ᾈ", "ʰ", "ª"],
    ]
    result = []
    for index in range(count):
        # A few kinds of characters to a text, so that each meets the others often.
        chosen = [source.choice(fixed) for _ in range(source.randint(1, 4))]
        chosen += [source.choice(list(pools.values())) for _ in range(source.randint(1, 3))]
        if source.random() < 0.4:
            chosen.append(digits)
        text = ""
        while len(text) < 12 + index % 30:
            run = source.choice(chosen)
            text += "".join(source.choice(run) for _ in range(source.choice((1, 1, 1, 2, 3, 5))))
        result.append(text)
    return result


# One form of each kind is enough for whole blocks: the others differ in digits and apostrophes only.
WITH_BLOCKS = {"gpt2", "nfc"} | {rf"{kind} \p{{N}}{{1,3}}" for kind in ("llama3", "marks", "o200k", "deepseek")}
BLOCKS = [*range(0, 0x20000, 4096), 0x20000, 0x2A000, 0x2E000, 0x30000, 0x32000, 0xE0000, 0xF0000]


def block(first):
    characters = [chr(v) for v in range(first, first + 4096) if not 0xD800 <= v < 0xE000]
    return "".join(f"a{c}{c}1 {c}B{c}\n" for c in characters)


def digest(ids):
    return hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest()[:8]


def main(path, seed=7):
    bpe, sample = model(), texts(int(seed))
    blocks = [block(first) for first in BLOCKS]
    with open(path, "w", encoding="utf-8") as file:
        def write(value):
            file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
        write({"texts": sample})
        for name, (normalizer, cutting) in forms().items():
            peer = tokenizer(normalizer, cutting, bpe)
            write({
                "form": name, "normalizer": normalizer, "pre_tokenizer": cutting,
                "texts": "".join(digest(peer.encode(text).ids) for text in sample),
                "blocks": "".join(digest(peer.encode(text).ids) for text in blocks if name in WITH_BLOCKS)})


if __name__ == "__main__":
    if sys.argv[1] == "show":
        normalizer, cutting = forms()[sys.argv[2]]
        peer = tokenizer(normalizer, cutting, model())
        for text in sys.argv[3:]:
            print(peer.encode(text).ids)
    else:
        main(*sys.argv[1:])
