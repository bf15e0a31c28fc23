def test_the_administrator_reads_the_latest(office, browser):
    browser.post_form("/auth/logout")

    response = office.get("/admin/security")

    assert "sign-out user=susan address=127.0.0.1" in response.text
    assert ">Today<" in response.text
