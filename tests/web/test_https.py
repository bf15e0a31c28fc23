"""Cookies and headers of a site that people reach by https."""

import re

import pytest

from microblog.base.config import Settings
from tests.conftest import PASSWORD

BASE_URL = "https://blog.example.org"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, secret_key="x" * 32, rate_limits=False, base_url=BASE_URL)


@pytest.mark.asvs("3.3.1", "3.4.1")
def test_cookies_are_bound_to_https_and_to_this_host(client, susan):
    page = client.get("/auth/login", base_url=BASE_URL).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)[1]
    response = client.post(
        "/auth/login",
        data={"username": "susan", "password": PASSWORD, "remember_me": "y", "csrf_token": token},
        base_url=BASE_URL,
    )

    cookies = response.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0].rpartition("-")[2] for cookie in cookies} >= {"session", "remember", "known"}
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert all(f"; {word}" in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Domain" not in cookie
    assert "max-age=63072000" in response.headers["Strict-Transport-Security"]
