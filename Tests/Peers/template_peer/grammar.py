"""Random templates of the language that is run, beside jinja2: same text, or a refusal where jinja2 refuses."""
import collections
import random

from .peer import Peer, jinja_answer

NAMES = ["a", "b", "s", "n", "xs", "d", "m", "ns", "u"]
TEXTS = ["", " ", "x", "a b", " pad ", "Hello", "äß", "ΑΣ", "l1\nl2\n", "<b>&", "1", "-7", "2.5", "a,b,,c", "%s", "{}", "'q'", '"', "\\", "日本", "\t\n", "<|im_end|>", "ǆx", "e\u0301", "\u2028z", "true"]
VARIABLES = {
    "a": 3, "b": -2, "s": "  Some text, ÄÖ  ", "n": None, "xs": [3, 1, 2], "d": {"k": "v", "content": "C", "items": 1, "z": [1, {"q": "é\"\n"}]},
    "m": [{"role": "user", "content": " Hi <x> "}, {"role": "assistant", "content": ""}, {"role": "tool", "content": None, "n": 2.5}], "f": 0.1, "t": True,
    "words": ["b", "A", "c", "a"],
}
TEXT_METHODS = [
    "strip()", "lstrip()", "rstrip()", "strip('x ')", "split()", "split(' ')", "split('a', 1)", "rsplit(' ', 1)", "splitlines()", "startswith('H')", "endswith(' ')",
    "replace('a', 'bb')", "replace('', '-')", "replace('l', '', 1)", "upper()", "lower()", "title()", "capitalize()", "find('a')", "rfind('l')", "index('a')", "count('l')", "join(['p', 'q'])", "join(words)",
    "isdigit()", "isalpha()", "islower()", "isspace()", "zfill(5)", "ljust(6)", "rjust(6, '*')", "center(7)", "removeprefix('He')", "removesuffix('lo')", "partition(' ')", "rpartition(',')", "swapcase()", "format(1, a=2)",
    "isupper()", "isalnum()", "splitlines(true)", "strip(none)", "isnumeric()", "isdecimal()", "istitle()",
]
FILTERS = [
    "trim", "upper", "lower", "title", "capitalize", "length", "count", "string", "list", "first", "last", "join", "join('-')", "join(', ', attribute='role')", "default('D')", "default('D', true)", "d", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)",
    "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "int", "int(7)", "float", "abs", "round", "round(1)", "round(1, 'floor')", "sum", "min", "max", "reverse", "reverse|list", "sort", "sort(reverse=true)", "sort(attribute='role')", "unique|list", "items|list", "dictsort",
    "map('upper')|list", "map(attribute='role')|list", "map(attribute='content', default='-')|join('|')", "select|list", "reject|list", "select('string')|list", "selectattr('role', 'equalto', 'user')|list", "rejectattr('content')|list", "selectattr('n', 'defined')|list",
    "batch(2)|list", "batch(2, 'x')|list", "slice(2)|list", "slice(2, 'f')|list", "groupby('role')", "indent", "indent(2, true)", "indent('> ', blank=true)", "replace('a', 'o')", "escape", "e", "safe", "wordcount", "center(9)", "truncate(8)", "truncate(5, true, '')", "format('x')", "attr('real')",
    "map('int')|sum", "select('odd')|list", "map('length')|list", "tojson|safe", "forceescape", "last|default('none')", "max|string", "unique|join",
]
TESTS = [
    "defined", "undefined", "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float", "boolean", "true", "false", "odd", "even", "divisibleby(2)", "divisibleby 3", "lower", "upper", "callable", "in [1, 2]", "eq 3", "equalto('x')", "ne 1", "gt 2", "lt(5)", "ge 1", "le 3", "not none", "not defined", "escaped",
    "in 'abc'", "== 3",
]
LOOP = ["index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem", "depth", "cycle('o', 'e')", "changed(x)"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in"]


class Grammar:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.in_loop = 0
        self.macros = 0

    def pick(self, items):
        return self.random.choice(items)

    def literal(self):
        kind = self.random.randrange(9)
        if kind < 4:
            text = self.pick(TEXTS)
            return self.pick([repr, lambda t: '"' + t.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'])(text)
        if kind < 6:
            return str(self.pick([0, 1, 2, 3, 10, 255, 1_000_000]))
        if kind == 6:
            return self.pick(["0.5", "1e3", "2.0", "1e16", "1.5e-7", "0x1f", "1_000", "0b11", "0o17"])
        return self.pick(["true", "false", "none", "True", "None", "[]", "{}", "()"])

    def name(self):
        return self.pick(["a", "b", "s", "n", "xs", "d", "m", "f", "t", "words", "u", "x", "v"])

    def typed(self, kind, depth):
        """An expression that mostly has a value of a kind, so that most templates render."""
        e = lambda wanted: self.typed(wanted, depth + 1)
        leaf = depth > 3 or self.random.random() < 0.2
        if self.random.random() < 0.03:
            return self.expression(depth + 1)
        if kind == "text":
            if leaf:
                return self.pick(["s", "d.k", "m[0].content", "m[1]['role']", "words[1]", self.literal_text(), self.literal_text()])
            return self.pick([
                lambda: f"({e('text')} + {e('text')})", lambda: f"({e('text')} ~ {e('any')})", lambda: f"{e('text')}.{self.pick(TEXT_METHODS[:4])}", lambda: f"{e('text')}.{self.pick(TEXT_METHODS[11:18])}",
                lambda: f"{e('text')}.{self.pick(['zfill(4)', 'ljust(6)', 'center(7)', 'removeprefix(' + repr('H') + ')', 'swapcase()'])}",
                lambda: f"{e('text')}[{self.pick(['1:', ':-1', '::-1', '::2', '-2:', '1:3', ':0', ':5'])}]", lambda: f"({e('text')} * {self.pick([0, 1, 2])})",
                lambda: f"({e('any')} | {self.pick(['string', 'tojson', 'tojson(indent=2)', 'tojson(sort_keys=true)'])})",
                lambda: f"({e('text')} | {self.pick(['trim', 'upper', 'lower', 'title', 'capitalize', 'indent', 'indent(2, true)', 'replace(' + repr('a') + ', ' + repr('o') + ')', 'escape|string', 'truncate(8)', 'center(9)', 'reverse', 'default(' + repr('D') + ', true)'])})",
                lambda: f"({e('list')} | join({self.literal_text()}))", lambda: f"('%s-%s' % ({e('any')}, {e('any')}))", lambda: f"('%05d|%.1f' % ({e('number')}, {e('number')}))", lambda: f"'{{}}:{{:>4}}'.format({e('any')}, {e('text')})",
                lambda: f"({e('text')} if {e('truth')} else {e('text')})", lambda: f"{e('text')}.split({self.literal_text() if self.random.random() < 0.3 else ''})[0]",
            ])()
        if kind == "number":
            if leaf:
                return self.pick(["a", "b", "f", "1", "2", "7", "0.5", "10", "xs[0]", "d.z[0]"])
            return self.pick([
                lambda: f"({e('number')} {self.pick('+-*')} {e('number')})", lambda: f"({e('number')} {self.pick(['/', '//', '%'])} {self.pick(['2', '3', '-4', '0.7'])})", lambda: f"({e('number')} ** 2)", lambda: f"(-{e('number')})",
                lambda: f"({e('any')} | int)", lambda: f"({e('number')} | {self.pick(['abs', 'round', 'round(1)', 'float', 'int'])})", lambda: f"({e('list')} | length)", lambda: f"({e('text')} | length)", lambda: f"{e('text')}.find({self.literal_text()})",
                lambda: f"{e('text')}.count('a')", lambda: "(xs | sum)", lambda: "(xs | max)", lambda: f"({e('text')} | wordcount)",
            ])()
        if kind == "list":
            if leaf:
                return self.pick(["xs", "words", "m", "[1, 'x']", "range(3)", "d.z", "[]"])
            return self.pick([
                lambda: f"[{e('any')}, {e('any')}]", lambda: f"{e('text')}.split()", lambda: f"{e('text')}.splitlines()", lambda: f"({e('list')} | list)[{self.pick(['1:', ':-1', '::-1', '::2'])}]", lambda: f"({e('list')} | {self.pick(['list', 'reverse|list', 'batch(2)|list', 'slice(2)|list', 'select|list', 'map(' + repr('string') + ')|list'])})",
                lambda: f"({self.pick(['xs', 'words', 'd', 's'])} | {self.pick(['sort', 'sort(reverse=true)', 'unique|list', 'list'])})", lambda: f"(m | {self.pick(['map(attribute=' + repr('role') + ')|list', 'selectattr(' + repr('content') + ')|list', 'groupby(' + repr('role') + ')', 'rejectattr(' + repr('n') + ', ' + repr('defined') + ')|list'])})",
                lambda: f"({e('object')} | {self.pick(['items|list', 'dictsort', 'list'])})", lambda: f"({e('text')} | list)", lambda: f"([{e('any')}] + {self.pick(['xs', 'words', '[2]'])})",
            ])()
        if kind == "object":
            return self.pick(["d", "m[0]", "m[2]", "dict(q=1)", "dict(d, z=2)", "{'b': %s, 'a': 1}" % e("any")]) if not leaf else self.pick(["d", "m[0]"])
        if kind == "truth":
            return self.pick([
                lambda: f"({e('number')} {self.pick(['<', '>=', '==', '!='])} {e('number')})", lambda: f"({e('text')} in {e('text')})", lambda: f"({e('any')} is {self.pick(TESTS[:13])})", lambda: f"({e('truth')} {self.pick(['and', 'or'])} {e('any')})", lambda: f"(not {e('any')})",
                lambda: f"({e('any')} in {e('list')})", lambda: f"{e('text')}.{self.pick(['startswith(' + repr('H') + ')', 'endswith(' + repr(' ') + ')', 'isdigit()', 'islower()', 'isspace()', 'istitle()', 'isalnum()'])}", lambda: "t",
            ])() if not leaf else self.pick(["t", "true", "u", "s"])
        return self.typed(self.pick(["text", "text", "number", "list", "object", "truth"]), depth + 1) if not leaf else self.pick(["a", "s", "xs", "d", "none", "t", "u", "f", "x"])

    def literal_text(self):
        return repr(self.pick(TEXTS))

    def expression(self, depth=0):
        if depth == 0 and self.random.random() < 0.85:
            return self.typed(self.pick(["text", "text", "any", "number", "list"]), 0)
        if depth > 3 or self.random.random() < 0.25:
            return self.literal() if self.random.random() < 0.45 else self.name()
        e = lambda: self.expression(depth + 1)
        kind = self.random.randrange(24)
        if kind < 5:
            return f"{self.wrapped(e())} {self.pick(OPERATORS)} {self.wrapped(e())}"
        if kind < 6:
            return f"{e()} {self.pick(OPERATORS)} {e()}"
        if kind < 10:
            return f"{self.wrapped(e())} | {self.pick(FILTERS)}"
        if kind < 12:
            return f"({self.wrapped(e())} is {self.pick(TESTS)})"
        if kind < 14:
            return f"{self.text(depth)}.{self.pick(TEXT_METHODS)}"
        if kind == 14:
            return f"({e()} if {e()} else {e()})" if self.random.random() < 0.8 else f"({e()} if {e()})"
        if kind == 15:
            return f"{self.pick(['s', 'xs', 'm', 'words', self.text(depth)])}[{self.pick(['0', '-1', '1:', ':-1', '::-1', '::2', '-2:', '1:3', '5', '-9', ':0'])}]"
        if kind == 16:
            return self.pick(["d.k", "d['k']", "d.items", "d['items']", "d.missing", "d.z[1].q", "m[0].role", "m[2]['n']", "d.get('k')", "d.get('q', 5)", "d.items()|list", "d.keys()|list", "d.values()|list|length", "m[0].content", "xs.0", "d.content", "xs.index(1)", "xs.count(3)", "words[1].lower()", "u.x", "n.x", "xs.append(1)", "d.pop('k')"])
        if kind == 17:
            return f"[{', '.join(e() for _ in range(self.random.randrange(4)))}]"
        if kind == 18:
            return "{" + ", ".join(f"{self.pick(['1', repr('k'), repr('b')])}: {e()}" for _ in range(self.random.randrange(3))) + "}"
        if kind == 19:
            return f"({', '.join(e() for _ in range(self.random.randrange(2, 4)))})"
        if kind == 20:
            return f"not {e()}" if self.random.random() < 0.5 else f"-{self.wrapped(e())}"
        if kind == 21:
            return self.pick(["range(3)|list", "range(1, 4)", "range(5, 0, -2)|list", "dict(a=1)", "dict(d, z=2)", "namespace(a=1).a", "ns.x", "joiner()", "range(a)|list", "range(0)|sum"])
        if kind == 22 and self.in_loop:
            return f"loop.{self.pick(LOOP)}"
        if kind == 22 and self.macros:
            return f"mac{self.random.randrange(self.macros)}({e()})"
        return f"{self.pick([repr('%s-%s'), repr('%d'), repr('%.2f'), repr('%5s|'), repr('%r'), repr('%x')])} % {self.wrapped(e())}"

    def text(self, depth):
        return self.pick(["s", repr(self.pick(TEXTS)), "d.k", "m[0].content", f"({self.expression(depth + 2)})"])

    def wrapped(self, text):
        return f"({text})" if " " in text else text

    def tag(self, text):
        left, right = self.pick(["{%", "{%", "{%-", "{%+"]), self.pick(["%}", "%}", "-%}", "+%}"])
        return f"{left} {text} {right}"

    def output(self):
        return f"{self.pick(['{{', '{{', '{{-', '{{+'])} {self.expression()} {self.pick(['}}', '}}', '-}}'])}"

    def data(self):
        return self.pick(["x", " ", "\n", "  \n  ", "text ", "\n\n", "{# c #}", "{#- c -#}", "\t", "é", "  {# c #}\n", "{% raw %}{{ a }}{% endraw %}", "<|im_start|>", "} %}", "\r\n"])

    def body(self, depth):
        return "".join(self.statement(depth + 1) for _ in range(self.random.randrange(1, 4)))

    def statement(self, depth=0):
        kind = self.random.randrange(30)
        if depth > 3 or kind < 8:
            return self.data()
        if kind < 15:
            return self.output()
        if kind < 18:
            text = self.tag(f"if {self.expression()}") + self.body(depth)
            if self.random.random() < 0.3:
                text += self.tag(f"elif {self.expression()}") + self.body(depth)
            if self.random.random() < 0.5:
                text += self.tag("else") + self.body(depth)
            return text + self.tag("endif")
        if kind < 22:
            head = self.pick(["x in xs", "x in m", "x, v in d.items()", "x in words", "x in range(3)", "x in s", f"x in {self.expression(2)}", "x in m if x.content", "x in d", f"x in xs if {self.expression(2)}", "v in u", "x in words|reverse", "x, v in [(1, 2), (3, 4)]"])
            self.in_loop += 1
            text = self.tag(f"for {head}") + self.body(depth)
            if self.random.random() < 0.15:
                text += self.tag(f"if {self.expression()}") + self.tag(self.pick(["break", "continue"])) + self.tag("endif") + self.body(depth)
            self.in_loop -= 1
            if self.random.random() < 0.2:
                text += self.tag("else") + self.body(depth)
            return text + self.tag("endfor")
        if kind < 25:
            target = self.pick(["x", "v", "a", "s", "ns.x", "x, v", "u"])
            return self.tag(f"set {target} = {self.expression()}")
        if kind == 25:
            return self.tag(self.pick(["set x", "set v | upper", "set s|trim", "set ns.x"])) + self.body(depth) + self.tag("endset")
        if kind == 26:
            name = self.pick(["upper", "trim", "replace('a', 'b')", "indent(2)|trim", "escape"])
            return self.tag(f"filter {name}") + self.body(depth) + self.tag("endfilter")
        if kind == 27:
            parameters = self.pick(["x", "x, v=1", "", "x=a", "x, v=x", "a"])
            name = f"mac{self.macros}"
            loops, self.in_loop = self.in_loop, 0
            text = self.tag(f"macro {name}({parameters})") + self.body(depth) + (self.pick(["", "", "{{ caller() }}", "{{ varargs }}", "{{ kwargs }}"])) + self.tag("endmacro")
            self.in_loop = loops
            self.macros += 1
            return text + self.pick(["", "{{ %s(1) }}" % name, "{{ %s(x='k', v=2) }}" % name, self.tag(f"call {name}(2)") + "called" + self.tag("endcall")])
        if kind == 28:
            return self.tag(f"with x = {self.expression()}, v = x") + self.body(depth) + self.tag("endwith")
        return self.tag("generation") + self.body(depth) + self.tag("endgeneration")

    def template(self):
        self.macros = self.in_loop = 0
        start = self.pick(["", "{% set ns = namespace(x=1) %}"])
        return start + "".join(self.statement() for _ in range(self.random.randrange(1, 6)))


def verdict(ours, text, error):
    """'same', 'both refuse', 'ours refuses' (a construct or bound that is named) or 'wrong'."""
    if "error" in ours:
        if error is not None:
            return "both refuse"
        return "ours refuses" if ours["kind"] in ("unsupported", "limit") else "wrong"
    return "same" if error is None and ours["text"] == text else "wrong"


def main(program, count, seed="1"):
    grammar = Grammar(int(seed))
    peer = Peer(program)
    verdicts, reasons = collections.Counter(), collections.Counter()
    shown = 0
    for number in range(int(count)):
        template = grammar.template()
        text, error = jinja_answer(template, VARIABLES)
        if error is None and " object at 0x" in text:
            text, error = None, "an address is printed"
        ours = peer.answer(template, VARIABLES)
        result = verdict(ours, text, error)
        verdicts[result] += 1
        if result == "ours refuses":
            reasons[ours["error"]] += 1
        if result == "wrong" and shown < 15:
            shown += 1
            print("WRONG", repr(template), "\n  ours ", ours.get("text", ours), "\n  jinja", repr(text), error)
    print(dict(verdicts))
    for reason, times in reasons.most_common(25):
        print(f"{times:6} {reason}")
    return 1 if verdicts["wrong"] else 0
