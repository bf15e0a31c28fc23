"""What makes the archive a bag that others can check: RFC 8493, https://www.rfc-editor.org/rfc/rfc8493."""

from collections.abc import Mapping, Sequence

from microblog.exports.archive import names, seal
from microblog.exports.archive.container import Container, Written
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import Snapshot

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def write_payload_manifest(container: Container, snapshot: Snapshot, site: Site) -> None:
    """Write what tells of ``data/``, which is complete, and of where it comes from."""
    payload = _payload(container)
    info = {
        "Bag-Software-Agent": "Microblog",
        # Not the present day: the same posts give the same bytes.
        "Bagging-Date": snapshot.day,
        "Payload-Oxum": f"{sum(entry.size_bytes for entry in payload.values())}.{len(payload)}",
        "External-Identifier": site.user_page(snapshot.person.username),
    }
    container.write(names.BAG, DECLARATION)
    container.write(names.BAG_INFO, "".join(f"{key}: {value}\n" for key, value in info.items()))
    container.write(names.MANIFEST, _manifest(payload))


def write_tag_manifest(container: Container, keys: Sequence[str]) -> None:
    """Write what tells of all other files, which are complete, and seal it."""
    payload = _payload(container)
    manifest = _manifest({name: entry for name, entry in container.written.items() if name not in payload})
    container.write(names.TAG_MANIFEST, manifest)
    container.write(names.SEAL, seal.of(manifest.encode(), keys))


def _payload(container: Container) -> dict[str, Written]:
    return {name: entry for name, entry in container.written.items() if name in names.PAYLOAD}


def _manifest(entries: Mapping[str, Written]) -> str:
    return "".join(f"{entry.sha256}  {name}\n" for name, entry in sorted(entries.items()))
