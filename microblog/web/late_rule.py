"""A rule of Werkzeug's that learns to build its path when one is first asked for."""

from functools import cache

from werkzeug.routing import Rule


class LateRule(Rule):
    """Two builders for each of 200 rules take most of the time of making an app, and few are used."""

    # Werkzeug asks for it when a rule is bound to the map. If it had another name, only time would be lost.
    def _compile_builder(self, append_unknown=True):
        compiled = cache(lambda: super(LateRule, self)._compile_builder(append_unknown))
        return lambda rule, /, **values: compiled()(rule, **values)
