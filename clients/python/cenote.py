"""The real binary as a process: started on a free port in a folder of its own, stopped or killed, started again."""

import contextlib
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

REGION = "eu-central-1"
START_SECONDS = 60
MESSAGE_SECONDS = 20


def binary():
    path = os.environ.get("CENOTE_BINARY")
    if not path:
        path = pathlib.Path(__file__).resolve().parents[2] / "target/debug/cenote"
    return str(path)


def run(*arguments, env=None, check=True):
    """A subcommand that ends by itself."""
    done = subprocess.run(
        [binary(), *map(str, arguments)], env=environment(env), capture_output=True, text=True, timeout=60
    )
    if check and done.returncode != 0:
        raise AssertionError(f"cenote {arguments} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def environment(extra=None):
    """Nothing of the caller's own AWS or Cenote settings reaches a process under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CENOTE_"))}
    return kept | (extra or {})


class Cenote:
    """A running `cenote dev` or `cenote serve`."""

    def __init__(self, folder, *arguments, mode="dev", env=None):
        self.folder = pathlib.Path(folder)
        self.arguments = [mode]
        if mode == "dev":
            self.arguments += ["--data-dir", str(self.folder / "data"), "--listen", "127.0.0.1:0"]
        self.arguments += [str(argument) for argument in arguments]
        self.env = environment(env)
        self.log = self.folder / "cenote.log"
        self.url = None
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), *self.arguments],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        lines = queue.Queue()
        threading.Thread(target=_forward, args=(self.process.stdout, lines), daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise AssertionError(f"no `listening on` line within {START_SECONDS} s:\n{self.read_log()}") from None
            if line is None:
                self.process.wait()
                raise AssertionError(f"cenote exited with {self.process.returncode}:\n{self.read_log()}")
            if line.startswith("listening on "):
                self.url = line.removeprefix("listening on ").strip()
                return

    def stop(self):
        """Ends it the polite way; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self):
        """SIGKILL: no chance to clean up."""
        self.process.kill()
        self.process.wait()

    def read_log(self):
        return self.log.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def client(self, access_key="AKIAANYTHINGGOES0000", secret_key="any secret goes", region=REGION, verify=None, **options):
        """A boto3 client for it."""
        session = boto3.session.Session()
        return session.client(
            "cognito-idp",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            verify=verify,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30, **options),
        )

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def messages(self, **filters):
        query = urllib.parse.urlencode(filters)
        return json.loads(self.get(f"/_cenote/inbox.json?{query}"))["messages"]

    def message(self, purpose, after=None, **filters):
        """The newest message of a purpose, waited for."""
        if after:
            filters["after"] = after["id"]
        return wait_for(
            lambda: next((m for m in self.messages(**filters) if m["purpose"] == purpose), None),
            lambda: f"no {purpose} message for {filters}; there are: {self.messages()}",
        )

    def code(self, purpose, after=None, **filters):
        return self.message(purpose, after, **filters)["code"]


@contextlib.contextmanager
def instances_of(folder, count, *options):
    """So many servers of one service: with one master key, and a data directory each."""
    key = folder / "master.key"
    run("keys", "master", "generate", "--out", key)
    options = ["--set", f"keys.master_key_file={key}", "--set", "server.public_url=http://127.0.0.1:7665", *options]
    with contextlib.ExitStack() as stack:
        servers = []
        for number in range(count):
            place = folder / str(number)
            place.mkdir()
            servers.append(Cenote(place, *options))
            stack.callback(servers[-1].kill)
        yield servers


def wait_for(find, explain, seconds=MESSAGE_SECONDS):
    """What `find` returns as soon as it is not None or false."""
    deadline = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(explain())
        time.sleep(0.05)


def _forward(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)
