"""
Templates compiled once for each language: what no request can change is text already.

Jinja turns a template into a Python function, once for all requests. Left to itself, that function asks on
every page anew which language the reader has, looks up each of fifty texts in it, and builds the addresses of
the style sheet and of the main pages: a third of the sign-in page's time. So there is one environment for
each language of the site, and while it compiles a template, it exchanges three kinds of nodes of the syntax
tree:

- ``_("Home")`` becomes the text in that language, ``_("By %(name)s", name=…)`` a text to be filled in, and
  ``language()`` the language's tag;
- ``url_for("posts.index")``, where all arguments are constant, becomes the path, but no address with a host:
  that depends on the request; with one value that is not, a pattern to be filled in;
- ``{% include "_nav.html" %}`` becomes what that file holds, in a scope of its own, as it had before.

Jinja joins neighbouring constants, so most of a page becomes a few long texts. Everything else stays as it
is: whatever depends on the request, the reader or the configuration is no constant. Of what is put out, only
what is no markup yet goes through ``escape``, which would copy markup: half of a page of posts comes from
filters that return it. Each template and each block puts out one text.

Nothing goes stale, because catalogues, rules and, unless they are being edited (``auto_reload``), templates
stay the same for as long as the process runs. A language that the site does not offer, such as that of a mail
to somebody who chose it before it was taken away, is rendered as Jinja alone would.
"""

import re

from flask import current_app
from flask.templating import Environment
from flask_babel import force_locale, get_locale, gettext
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

TEXTS = {"_", "gettext"}
# Whatever ``escape`` changes.
SPECIAL = re.compile("[&<>'\"]")


class TranslatedEnvironment(Environment):
    """Flask's environment, which hands out each template in the language of the request."""

    # The language that this environment compiles for; None where any may be asked for.
    language = None

    def __init__(self, app, **options):
        super().__init__(app, **options)
        self._by_language = {}

    def get_template(self, name, parent=None, globals=None):  # noqa: A002 - Jinja's name
        """The template *name* in the language of the request; what it extends or imports is in the same."""
        if self.language is None:
            return self._in_language(str(get_locale())).get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    @staticmethod
    def shown(value):
        """What a page shows of *value*: markup as it is, all else escaped."""
        kind = type(value)
        # Most texts hold nothing to escape, and nobody would look at the instance of Markup that it makes.
        if kind is Markup or (kind is str and not SPECIAL.search(value)):
            return value
        return escape(value)

    def _in_language(self, language):
        if language not in self._by_language:
            environment = self.overlay()
            environment.language = language
            if language in current_app.config["SITE_LANGUAGES"]:
                environment.code_generator_class = ConstantsFirst
            self._by_language[language] = environment
        return self._by_language[language]


class ConstantsFirst(CodeGenerator):
    """Generates the code of a template after its constants are put in."""

    def visit_Template(self, node, frame=None):  # noqa: N802 - Jinja's name
        with force_locale(self.environment.language):
            super().visit_Template(Constants(self.environment).visit(node), frame)

    def blockvisit(self, nodes, frame):
        """
        Have a template or a block put out one text.

        What it yields passes through all templates that extend the one it is in: a thousand times a page.
        """
        if frame.buffer is not None:
            super().blockvisit(nodes, frame)
            return
        self.buffer(frame)
        super().blockvisit(nodes, frame)
        self.writeline(f"yield concat({frame.buffer})")

    def _output_child_pre(self, node, frame, finalize):
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Constants(NodeTransformer):
    """Exchanges what is constant in one language, in a template as parsed."""

    def __init__(self, environment):
        self.environment = environment

    def visit_Call(self, node):  # noqa: N802 - Jinja's name
        node = self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        if node.node.name in TEXTS and _is_constant(node.args):
            return _text(node)
        if node.node.name == "url_for":
            return self._path(node)
        if node.node.name == "language":
            return nodes.Const(self.environment.language, lineno=node.lineno)
        return node

    def visit_Include(self, node):  # noqa: N802 - Jinja's name
        if self.environment.auto_reload or not isinstance(node.template, nodes.Const):
            return node
        source = self.environment.loader.get_source(self.environment, node.template.value)[0]
        included = self.environment.parse(source, node.template.value)
        # An error in it is reported at the line that includes it.
        included.set_lineno(node.lineno, override=True)
        return nodes.Scope(self.visit(included).body, lineno=node.lineno)

    def _path(self, node):
        [endpoint], names = node.args, {one.key for one in node.kwargs}
        if not isinstance(endpoint, nodes.Const) or any(name.startswith("_") for name in names):
            return node
        if _is_constant(node.kwargs):
            values = {one.key: one.value.value for one in node.kwargs}
            return nodes.Const(self.environment.globals["url_for"].fixed(endpoint.value, **values))
        # Called as a filter, it is not asked first whether it wants Jinja's context.
        return self._filled(node) or nodes.Filter(
            endpoint, "url_for", [], node.kwargs, None, None, lineno=node.lineno
        )

    def _filled(self, node):
        """What fills in the one value of a path that is not constant; None if there are more."""
        constants = [one for one in node.kwargs if isinstance(one.value, nodes.Const)]
        if len(node.kwargs) - len(constants) != 1:
            return None
        [endpoint], [one] = node.args, [one for one in node.kwargs if one not in constants]
        others = {constant.key: constant.value.value for constant in constants}
        pattern = self.environment.globals["url_for"].pattern(endpoint.value, one.key, **others)
        arguments = [nodes.Const(pattern), endpoint, nodes.Const(one.key)]
        return pattern and nodes.Filter(
            one.value, "in_path", arguments, constants, None, None, lineno=node.lineno
        )


def _is_constant(arguments):
    return all(
        isinstance(getattr(argument, "value", None), nodes.Const) or isinstance(argument, nodes.Const)
        for argument in arguments
    )


def _text(node):
    """As Jinja's own ``_``: the text is markup, its variables are escaped, and two percent signs are one."""
    text = nodes.MarkSafeIfAutoescape(nodes.Const(gettext(node.args[0].value)))
    variables = nodes.Dict([nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs])
    return nodes.Mod(text, variables, lineno=node.lineno)
