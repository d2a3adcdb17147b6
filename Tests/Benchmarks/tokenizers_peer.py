"""Hugging Face's side of genki-bench's workload `tokenizer`: the ids of a text, on one thread.

Started by `genki-bench compare` like torch_peer.py, with RAYON_NUM_THREADS=1; needs tokenizers only.
"""

import array
import hashlib
import sys

import peer_loop

import tokenizers


class Tokenization:
    def __init__(self, options):
        self.path = options["tokenizer"]
        with open(options["text"], encoding="utf-8", newline="") as file:
            self.text = file.read()
        self.remark = f"tokenizers {tokenizers.__version__}"

    def prepare(self, step):
        # A new one knows no word yet.
        self.encoding = None
        self.tokenizer = tokenizers.Tokenizer.from_file(self.path)

    def perform(self):
        # The variant without offsets is the faster one.
        self.encoding = self.tokenizer.encode_batch_fast([self.text], add_special_tokens=False)[0]
        return {"loss": None}

    def describe(self, outcome):
        ids = array.array("i", self.encoding.ids)
        if sys.byteorder == "big":
            ids.byteswap()
        return {**outcome, "digest": hashlib.sha256(ids.tobytes()).hexdigest()}


def main():
    arguments, options = peer_loop.options()
    program_bytes = peer_loop.resident_bytes()
    # Ids have no precision; the driver's word is handed back.
    peer_loop.serve(Tokenization(options), arguments.dtype, program_bytes)


if __name__ == "__main__":
    main()
