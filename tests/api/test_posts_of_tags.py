import pytest


def test_a_program_reads_whom_a_post_mentions_and_its_tags(program, susan, john):
    post = program.post("/api/posts", json={"body": "#Tea for @JOHN and @nobody"}).json
    john.update_profile("johnny", "")

    assert (post["mentions"], post["tags"]) == (["john"], ["tea"])
    assert program.get("/api/tags/TEA").json == [post | {"mentions": ["johnny"]}]


@pytest.mark.parametrize("tag", ["猫", "दान", "ü_1"])
def test_the_links_of_a_list_lead_on_in_any_script(program, susan, write_posts, tag):
    write_posts(susan, f"one #{tag}", f"two #{tag}")

    first = program.get(f"/api/tags/{tag}?limit=1")

    [following] = [each for each in first.headers.getlist("Link") if 'rel="next"' in each]
    assert [post["body"] for post in program.get(following[1 : following.index(">")]).json] == [f"one #{tag}"]


@pytest.mark.parametrize("word", ["2026", "tea%20time", "%FF", "_"])
def test_what_is_no_tag_is_not_there(program, word):
    assert program.get(f"/api/tags/{word}").status_code == 404
