"""Writes templates of the grammar with jinja2's answers, a line each, for the tests that run without Python."""
import json

from .grammar import VARIABLES, Grammar
from .peer import jinja_answer


def main(program, path, seed="2026", count="600"):
    grammar = Grammar(int(seed))
    texts = refused = 0
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps({"made_by": "jinja2 3.1.6 in the environment of transformers 5.24", "variables": VARIABLES}, ensure_ascii=False) + "\n")
        while texts + refused < int(count):
            template = grammar.template()
            text, error = jinja_answer(template, VARIABLES)
            if len(template) > 400 or (text is not None and (len(text) > 400 or " object at 0x" in text)):
                continue
            if error is not None and refused * 3 >= int(count):
                continue
            case = {"template": template, "text": text} if error is None else {"template": template, "refused": True}
            texts, refused = texts + (error is None), refused + (error is not None)
            out.write(json.dumps(case, ensure_ascii=False) + "\n")
    print(f"{texts} texts, {refused} refusals")
    return 0
