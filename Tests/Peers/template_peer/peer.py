"""The two interpreters: a process of ours, and jinja2 in transformers' environment."""
import copy
import datetime
import json
import subprocess

import jinja2
from transformers.utils import chat_template_utils

DATE = "2024-07-26"


class FixedDate(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


chat_template_utils.datetime = FixedDate


def compiled(template):
    return chat_template_utils._cached_compile_jinja_template(template)


def jinja_answer(template, variables):
    """(text, None) or (None, error)."""
    try:
        # A copy: jinja2's `indent` and `sum` change lists that they are given.
        text = compiled(template).render(**copy.deepcopy(variables))
        text.encode("utf-8")
        return text, None
    except (Exception, RecursionError) as error:
        return None, f"{type(error).__name__}: {error}"


class Peer:
    """Our interpreter in a process of its own; lines in, lines out."""

    def __init__(self, program, memory_kb=None):
        command = [program]
        if memory_kb:
            command = ["bash", "-c", f"ulimit -v {memory_kb}; exec {program}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answer(self, template, variables, **more):
        line = json.dumps({"template": template, "variables": variables, "date": DATE, **more})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        out = self.process.stdout.readline()
        if not out:
            raise EOFError(f"the peer ended: {self.process.wait()}")
        return json.loads(out)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()
