"""The product's own code, as tests look through it."""

import ast

from microblog.base.config import ROOT


def trees(*words):
    """
    Path and syntax tree of each file of the product that holds one of *words*.

    Parsing all of them takes longer than most tests, and what is looked for has a name.
    """
    for path in sorted((ROOT / "microblog").rglob("*.py")):
        text = path.read_text()
        if any(word in text for word in words):
            yield path, ast.parse(text)


def calls(tree):
    """All calls in *tree*: what is called, as a text, and the node."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
