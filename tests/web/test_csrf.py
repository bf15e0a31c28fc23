import pytest

from microblog.base.config import Settings
from microblog.models import Post


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_form_of_another_site_is_refused_even_with_its_token(browser, site):
    response = browser.post_form(
        "/", post="evil", headers={"Sec-Fetch-Site": site, "Origin": "http://localhost"}
    )

    assert response.status_code == 403
    assert not Post.select().exists()


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_form_of_ours_is_taken(browser, site):
    response = browser.post_form("/", post="good", headers={"Sec-Fetch-Site": site})

    assert response.status_code == 302


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "null",
        "",
        "http://localhost.evil.com",
        "http://evil.com/http://localhost",
        "http://localhost:8001",
        "https://localhost",
        "http://localhost:port",
        "http://[::1",
        "http://localhost@evil.com",
    ],
)
def test_without_the_first_header_the_origin_tells(browser, origin):
    assert browser.post_form("/", post="evil", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:80", "HTTP://LOCALHOST", None])
def test_our_origin_and_none_at_all_are_good(browser, origin):
    headers = {"Origin": origin} if origin else {}

    assert browser.post_form("/", post="good", headers=headers).status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_unsafe_method_is_guarded(client, method):
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert getattr(client, method)("/nowhere", headers=headers).status_code == 403
    assert getattr(client, method)("/preferences", headers=headers).status_code == 403


def test_links_from_elsewhere_lead_here(client, susan):
    assert client.get("/explore", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


class TestBehindAProxy:
    @pytest.fixture
    def settings(self, tmp_path):
        return Settings(
            data_dir=tmp_path, secret_key="x" * 32, rate_limits=False, base_url="https://blog.example.org"
        )

    def test_the_origin_is_that_of_base_url(self, susan, sign_in):
        browser = sign_in(susan)
        browser.get("/", base_url="https://blog.example.org")

        for origin, good in (("https://blog.example.org", True), ("https://example.org", False)):
            response = browser.post(
                "/preferences", headers={"Origin": origin}, base_url="http://blog.example.org"
            )
            # Without the form's token it is stopped by the CSRF check.
            assert response.status_code == (400 if good else 403)
