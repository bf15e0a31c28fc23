"""Where a request really came from when a reverse proxy of ours forwarded it."""

import ipaddress

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


class TrustedProxies:
    """
    WSGI middleware: trusts what *proxies*, addresses and networks, say about a request's origin and scheme.

    Anybody can send such headers. They are trusted only if the connection itself comes from one of our
    proxies, and of a chain of addresses only the part that our proxies wrote: its end.
    """

    def __init__(self, app, proxies):
        self.app = app
        self.proxies = [ipaddress.ip_network(proxy) for proxy in proxies]

    def __call__(self, environ, start_response):
        chain, scheme = (environ.pop(name, "") for name in FORWARDED)
        if self.proxies and self._is_ours(address_of(environ.get("REMOTE_ADDR", ""))):
            environ["REMOTE_ADDR"] = self._origin(chain, environ["REMOTE_ADDR"])
            if scheme.strip() in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme.strip()
        return self.app(environ, start_response)

    def _origin(self, chain, peer):
        """The last address in *chain* that is not one of our proxies, as far as the chain can be parsed."""
        origin = peer
        for text in reversed(chain.split(",")):
            address = address_of(text.strip())
            if address is None:
                break
            origin = str(address)
            if not self._is_ours(address):
                break
        return origin

    def _is_ours(self, address):
        return address is not None and any(address in proxy for proxy in self.proxies)


def address_of(text):
    """The IP address in *text*, as IPv4 if it is an IPv4-mapped IPv6 one; None for any other text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
