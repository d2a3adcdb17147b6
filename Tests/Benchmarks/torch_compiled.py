"""torch.compile for torch_peer.py: shapes that never change, and the function as it is where compiling fails."""

import functools
import os
import tempfile

import torch
import torch._dynamo


class Compiler:
    """Compiles what a workload runs, in the mode that the driver names.

    `frozen` is inductor's freezing: weights are constants that it packs for the processor, for models that do
    not learn.
    """

    def __init__(self, mode):
        self.mode = mode
        self.problem = None
        folder = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
        if mode != "eager" and folder:
            # Headers are compiled beforehand into the temporary folder; they, too, belong to the cache.
            os.makedirs(folder, exist_ok=True)
            os.environ["TMPDIR"] = tempfile.tempdir = folder

    def __call__(self, function):
        if self.mode == "eager":
            return function
        options = {"freezing": True} if self.mode == "frozen" else None
        compiled = torch.compile(function, dynamic=False, options=options)

        # The names of its parameters stay: transformers looks at them.
        @functools.wraps(function)
        def run(*arguments, **named):
            if self.problem is None:
                try:
                    return compiled(*arguments, **named)
                except torch._dynamo.exc.TorchDynamoException as error:
                    # No C++ compiler, or a model that it does not know: nothing has run yet.
                    self.mode = "eager"
                    self.problem = summary(error)
            return function(*arguments, **named)

        return run

    @property
    def remark(self):
        """How much of the work was compiled; None where nothing is."""
        if self.mode == "eager":
            return None
        counters = torch._dynamo.utils.counters
        graphs, breaks = counters["stats"]["unique_graphs"], sum(counters["graph_break"].values())
        return f"graphs {graphs}, breaks {breaks}"


def summary(error):
    """The first line of an error that says something, with its kind."""
    lines = (line.strip() for line in str(error).splitlines())
    return f"{type(error).__name__}: {next(filter(None, lines), '')}"[:200]
