"""Every field of every template says what it is for, to browsers and password managers that fill in."""

import re

import pytest

from microblog.base.config import ROOT

TEMPLATES = ROOT / "templates"
# Fields whose text no browser keeps, or that are no texts.
OTHERS = "checkbox|radio|file|hidden|date|number"
PURPOSES = {
    "username": {"username"},
    "email": {"email"},
    "password": {"current-password", "new-password"},
    "password2": {"new-password"},
    "current_password": {"current-password"},
    # Of an app; the other one is that of the set-up.
    "code": {"one-time-code", "off"},
    # Dates, which nothing fills in.
    "first": {None},
    "last": {None},
}


def fields(template):
    """Name and purpose of each field that takes a line of text; the purpose is None where none is said."""
    for written in re.findall(r"\{\{ field\(form\.(.*)\) \}\}", template) + re.findall(
        "<input (.*?)>", template
    ):
        if re.search(rf'type="({OTHERS})"', written) or "rows=" in written:
            continue
        name = re.match(r"\w+(?=$|,)", written) or re.search(r'(?<= name=")[^"]+', written)
        purpose = re.search(r'autocomplete="([^"]+)"', written)
        yield name and name[0], purpose and purpose[1]


@pytest.mark.parametrize(
    "path", [path.relative_to(TEMPLATES) for path in sorted(TEMPLATES.rglob("*.html"))], ids=str
)
def test_each_field_says_what_it_is_for(path):
    template = (TEMPLATES / path).read_text()
    found = list(fields(template))

    assert [
        (name, purpose) for name, purpose in found if purpose not in PURPOSES.get(name, {"off", "username"})
    ] == []
    # Else a manager may offer, or save, the password of another account.
    if any(str(purpose).endswith("-password") for _name, purpose in found):
        assert "username" in [purpose for _name, purpose in found] or "whose(" in template
        assert not re.search('type="hidden"[^>]*autocomplete', template), "managers do not look at those"
