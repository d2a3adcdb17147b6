"""Renders chat templates with genki-template-peer and with jinja2 as transformers sets it, and compares.

Needs a Python with transformers, and the peer program (swift build --product genki-template-peer).

  python Tests/Peers/templates_beside_jinja.py PEER published FOLDER     templates of a folder (*.jinja), twelve conversations each: a table
  python Tests/Peers/templates_beside_jinja.py PEER random COUNT [SEED]  templates from a grammar of the language
  python Tests/Peers/templates_beside_jinja.py PEER mutate COUNT [SEED] [FOLDER]  mutated templates: no crash, no hang, memory below the bound
  python Tests/Peers/templates_beside_jinja.py PEER vectors FILE [SEED]  writes templates of the grammar with jinja2's answers

A folder of published templates is models/templates of ggml-org/llama.cpp.
"""
import importlib
import sys

MODES = {"published": "conversations", "random": "grammar", "mutate": "mutation", "vectors": "vectors"}

if __name__ == "__main__":
    program, mode, *rest = sys.argv[1:]
    sys.exit(importlib.import_module("template_peer." + MODES[mode]).main(program, *rest))
