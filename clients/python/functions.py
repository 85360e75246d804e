"""Lambda functions in this process, behind a small server that speaks the Lambda Invoke API."""

import http.server
import json
import threading
import urllib.parse


# What calls them signs with.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIALAMBDACALLER0000", "AWS_SECRET_ACCESS_KEY": "secret of the caller"}


class FunctionError(Exception):
    """Thrown by a function: the caller is told its text."""


class Functions:
    """`functions.add(name, handler)` returns the ARN to configure; a handler takes the event and returns it."""

    def __init__(self):
        self.handlers = {}
        self.events = []
        functions = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one piece: the second would wait for the acknowledgement of the first.
            wbufsize = -1

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prefix, _, rest = urllib.parse.unquote(self.path).partition("/functions/")
                arn, _, operation = rest.partition("/")
                known = prefix == "/2015-03-31" and operation == "invocations" and arn in functions.handlers
                signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
                if not known or not signed or self.headers.get("X-Amz-Invocation-Type") != "RequestResponse":
                    body = {"Type": "User", "Message": f"no such function: {self.path}"}
                    return self.answer(404, body, {"x-amzn-ErrorType": "ResourceNotFoundException"})
                functions.events.append(json.loads(json.dumps(event)))
                try:
                    self.answer(200, functions.handlers[arn](event))
                except FunctionError as error:
                    self.answer(
                        200,
                        {"errorMessage": str(error), "errorType": "Error", "trace": []},
                        {"X-Amz-Function-Error": "Unhandled"},
                    )

            def answer(self, status, body, headers=None):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name, handler):
        arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
        self.handlers[arn] = handler
        return arn

    def seen(self, source, pool):
        """The events of a trigger source in a pool, oldest first."""
        return [e for e in self.events if e["triggerSource"] == source and e["userPoolId"] == pool.id]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
