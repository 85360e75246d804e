"""Ports that are known before somebody listens on them."""

import socket


class Port:
    """A port of 127.0.0.1 that the system gives to nobody else as long as this is here. Whoever reuses addresses may listen on it."""

    def __init__(self):
        self.holder = socket.socket()
        self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.holder.bind(("127.0.0.1", 0))
        self.number = self.holder.getsockname()[1]
