"""A route that gives somebody another way in, and that no test holds in mid-air, fails the tests."""

from microblog.security.signatures import serializer
from tests.accounts.test_under_way import FORMS
from tests.attacks.test_routes import ACTS, FIELDS, GRAVE, address
from tests.conftest import PASSWORD
from tests.revoking import rows_of_ways_in
from tests.second_factors import SECRET, shown

# Held too: by their own functions. A sign-in by the browser of somebody who is signed in changes nothing.
HELD = {*FORMS, "/account/second_factor"}
# It ends other sessions, and gives nobody anything.
ENDS_ONLY = {"/account/sessions/end_others"}


def test_every_route_by_which_somebody_gets_another_way_in_is_held_in_mid_air(site):
    def fields(method, route):
        if route == "/account/second_factor":
            signed = serializer([site.app.secret_key], "second factor").dumps([site.susan.id, SECRET])
            return {"secret": signed, "code": shown(), "current_password": PASSWORD}
        return {"current_password": PASSWORD, **(FIELDS | GRAVE).get(f"{method} {route}", {})}

    giving = set()
    for method, route in ACTS:
        browser = site.restore().browsers["susan"]
        before = rows_of_ways_in()
        form = {"csrf_token": browser.csrf_token, **fields(method, route)}
        browser.open(address(site, route), method=method, data=form)
        after = rows_of_ways_in()
        # Deleting the account is what somebody else must not do, either.
        deleted = any(row[0] == "User" for row in before - after)
        if deleted or {row for row in after - before if row[1] is not None}:
            giving.add(route)

    assert giving == HELD - ENDS_ONLY
