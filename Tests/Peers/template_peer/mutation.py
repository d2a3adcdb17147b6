"""Mutated templates against our interpreter alone: it answers, in time, within its memory."""
import collections
import glob
import os
import random
import re
import resource
import time

from .conversations import CONVERSATIONS, variables
from .grammar import FILTERS, OPERATORS, VARIABLES, Grammar
from .peer import Peer

# What the process may map: the program itself, and the 64 MB of a rendering.
MEMORY_KB = 1_000_000
PIECES = ["{%", "%}", "{{", "}}", "{#", "#}", "-", "|", "(", ")", "[", "]", "{", "}", " if ", " else ", " in ", " not ", "~", "*", "**", "99999999999", "'", '"', "\\", "{% for x in range(99999) %}", "{% set x = x + x %}", "{% endfor %}", "{% endif %}", "{% endmacro %}", "|tojson", "|map('upper')|list", "loop.", "range(", "namespace(", " * 1000000", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "[[", "]]", "\x00", "é", "\U0001F600", ".format(", "%s", "%9999999d", "{:999999}", "|batch(", "|slice(", "|indent(", "raw", "endraw", "generation", "((((((((((((", "not not not not "]


def seeds(folder, random_templates):
    found = []
    here = os.path.join(os.path.dirname(__file__), "..", "..", "Vectors", "formats", "chat")
    for path in glob.glob(os.path.join(here, "*", "**", "*.jinja"), recursive=True):
        found.append((open(path, encoding="utf-8").read(), "chat"))
    if folder:
        for path in glob.glob(os.path.join(folder, "*.jinja")):
            found.append((open(path, encoding="utf-8").read(), "chat"))
    grammar = Grammar(7)
    found += [(grammar.template(), "grammar") for _ in range(random_templates)]
    return found


WHOLE = [
    "{% set x = messages|tojson %}", "{% set ns = namespace(x='ab') %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}", "{% for i in range(99999) %}{{ messages }}{% endfor %}", "{% for i in messages %}{{ i }}{% else %}{% endfor %}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "{{ messages|map('string')|join * 10000 }}", "{{ '%999999d' % 5 }}", "{{ range(99999)|list|tojson(indent=9)|length }}", "{{ ('a' * 100000).split('a')|length }}", "{{ ('ab' * 100000).replace('ba', 'x')|length }}", "{% set content = '' %}", "{% set messages = messages[::-1] %}",
    "{% filter upper %}{{ messages }}{% endfilter %}", "{% if messages is string %}{% endif %}", "{% set x = [x, x] %}", "{{ raise_exception('m') }}", "{{ tools }}", "{# c #}", "{% generation %}{{ messages|length }}{% endgeneration %}", "{% call(y) f() %}{{ y }}{% endcall %}", "{% with messages = [] %}{{ messages }}{% endwith %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}", "{{ range(90000)|map('string')|map('upper')|sort|join('-')|length }}", "{{ messages|tojson|indent(300000, true) }}", "{{ 2 ** 62 + 2 ** 62 }}", "{{ 0.1 ** 300 | round(200) }}", "{{ '%.300f' % 1e300 }}",
]
NAMES = ["messages", "message", "content", "role", "tools", "tool", "loop", "loop.index", "loop.last", "none", "true", "range", "ns", "x", "namespace", "a", "xs", "s", "d", "m"]


def gentle(choose, text):
    """A change that mostly leaves a template a template."""
    kind = choose.randrange(6)
    if kind == 0:
        tags = [m.start() for m in re.finditer(r"\{[%{]", text)] or [0]
        at = choose.choice(tags)
        return text[:at] + choose.choice(WHOLE) + text[at:]
    if kind == 1:
        found = list(re.finditer(r"\b\d+\b", text))
        replacement = choose.choice(["0", "1", "-1", "9223372036854775807", "99999", "2.5", "1e300"])
    elif kind == 2:
        found = list(re.finditer(r"\|\s*\w+", text))
        replacement = "|" + choose.choice(FILTERS)
    elif kind == 3:
        found = list(re.finditer(r"(?<=[ (\[])(message|messages|content|role|tools|tool|loop|x|a|s|xs|m|d)\b", text))
        replacement = choose.choice(NAMES)
    elif kind == 4:
        found = list(re.finditer(r" (\+|-|==|!=|and|or|in|~|<|>) ", text))
        replacement = " " + choose.choice(OPERATORS) + " "
    else:
        found = list(re.finditer(r"'[^'{}%]*'|\"[^\"{}%]*\"", text))
        replacement = choose.choice(["''", "'role'", "'\\n'", "'<|im_end|>'", "('a' * 9999)", "[1, 'x']", "{'a': 1}", "none", "messages", "'{}'", "'%s'"])
    if not found:
        return text
    place = choose.choice(found)
    return text[:place.start()] + replacement + text[place.end():]


def mutated(choose, text, other):
    if choose.random() < 0.65:
        for _ in range(choose.choice([1, 1, 1, 2, 3])):
            text = gentle(choose, text)
        return text
    for _ in range(choose.choice([1, 1, 1, 2, 3, 8])):
        at = choose.randrange(len(text) + 1)
        end = min(len(text), at + choose.choice([1, 1, 2, 5, 20, 100]))
        kind = choose.randrange(7)
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:at] + choose.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + choose.choice(PIECES) + text[end:]
        elif kind == 3:
            text = text[:at] + text[at:end] * choose.choice([2, 3, 50]) + text[end:]
        elif kind == 4:
            start = choose.randrange(len(other) + 1)
            text = text[:at] + other[start:start + choose.choice([5, 30, 200])] + text[at:]
        elif kind == 5:
            # Words and numbers are exchanged, which mostly still parses.
            words = text.split(" ")
            if len(words) > 1:
                one, two = choose.randrange(len(words)), choose.randrange(len(words))
                words[one], words[two] = words[two], words[one]
            text = " ".join(words)
        else:
            for old, new in (("messages", "tools"), ("content", "role"), ("0", "1"), ("==", "!="), ("true", "none"), ("trim", "tojson"), ("if", "elif")):
                if old in text and choose.random() < 0.4:
                    text = text.replace(old, new, 1)
    return text


def main(program, count, seed="1", folder=None):
    choose = random.Random(int(seed))
    sources = seeds(folder, 2000)
    chats = [variables(c) for c in CONVERSATIONS.values()]
    peer = Peer(program, MEMORY_KB)
    kinds, slow = collections.Counter(), []
    for number in range(int(count)):
        text, kind = choose.choice(sources)
        template = mutated(choose, text, choose.choice(sources)[0])
        given = VARIABLES if kind == "grammar" else choose.choice(chats)
        begin = time.perf_counter()
        try:
            # One in a hundred has the standard limits; the others reach a twentieth of them sooner.
            answer = peer.answer(template, given, marks=True, scale=20 if number % 100 else 1)
        except EOFError as error:
            print("CRASH", error, repr(template))
            return 1
        seconds = time.perf_counter() - begin
        slow = sorted(slow + [(seconds, answer.get("kind", "rendered"))])[-5:]
        if seconds > 5:
            print("HANG", seconds, repr(template))
            return 1
        kinds[answer.get("kind", "rendered")] += 1
    peer.close()
    parsed = sum(times for kind, times in kinds.items() if kind not in ("syntax", "unsupported"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(dict(kinds), f"at least {parsed / int(count):.0%} parse; slowest {slow}; peak resident {peak} MB")
    return 0 if parsed * 3 >= int(count) else 1
