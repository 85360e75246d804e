"""A small load balancer: asks each server whether it is ready, sends requests to those that are, and repeats none."""

import asyncio
import threading
import urllib.parse

INTERVAL = 0.1
CHECK_SECONDS = 3


class Backend:
    """One server; its address may change with a restart."""

    def __init__(self, server):
        self.server = server
        self.ready = False
        self.idle = []
        self.requests = 0

    async def connect(self):
        url = urllib.parse.urlsplit(self.server.url)
        return await asyncio.open_connection(url.hostname, url.port)

    def close_idle(self):
        for _, writer in self.idle:
            writer.close()
        self.idle.clear()


class Balancer:
    """Listens on a free port, in a thread of its own."""

    def __init__(self, servers):
        self.backends = [Backend(server) for server in servers]
        self.failures = []
        self.turn = 0
        self.url = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self.loop).result(10)

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        self.checks = [asyncio.create_task(self.check(backend)) for backend in self.backends]

    def close(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def end(self):
        self.server.close()
        for backend in self.backends:
            backend.close_idle()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def check(self, backend):
        while True:
            try:
                backend.ready = await asyncio.wait_for(self.is_ready(backend), CHECK_SECONDS)
            except (OSError, ValueError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                backend.ready = False
            if not backend.ready:
                backend.close_idle()
            await asyncio.sleep(INTERVAL)

    async def is_ready(self, backend):
        reader, writer = await backend.connect()
        try:
            writer.write(b"GET /_cenote/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in await reader.readline()
        finally:
            writer.close()

    async def serve(self, reader, writer):
        """The requests of a client's connection."""
        try:
            while True:
                head, body, _ = await read_message(reader)
                writer.write(await self.forward(head + body))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def forward(self, request):
        for _ in self.backends:
            self.turn += 1
            backend = self.backends[self.turn % len(self.backends)]
            if backend.ready:
                break
        else:
            self.failures.append("nobody is ready")
            return b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        try:
            connection = backend.idle.pop() if backend.idle else await backend.connect()
            connection[1].write(request)
            head, body, closing = await read_message(connection[0])
        except (OSError, asyncio.IncompleteReadError) as error:
            self.failures.append(repr(error))
            return b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        backend.requests += 1
        if closing or not backend.ready:
            connection[1].close()
        else:
            backend.idle.append(connection)
        # Whether the server's connection is kept is no business of the client.
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join(lines) + body


async def read_message(reader):
    """Head, body, and whether the connection closes afterwards."""
    head = await reader.readuntil(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    body = await reader.readexactly(int(headers.get(b"content-length", 0)))
    return head, body, headers.get(b"connection") == b"close"
