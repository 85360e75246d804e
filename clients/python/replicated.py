"""Two PostgreSQL servers, one of which copies the other before it lets anybody believe that something is committed."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from cenote import wait_for
from ports import Port
from postgres import owner, programs

DATABASE = "cenote"


class Node:
    """A server on a port of its own."""

    def __init__(self, folder, name, user):
        self.folder, self.name, self.user = folder, name, user
        self.data = folder / name
        self.place = Port()
        self.port = self.place.number

    def run(self, tool, *arguments, check=True):
        """One of PostgreSQL's programs; what it prints."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # A server that is started here keeps the file open, so it must be no pipe.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(programs() / tool), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=self.folder, env=env, **self.user,
            )
            output.seek(0)
            text = output.read().decode(errors="replace")
        if check and done.returncode != 0:
            raise AssertionError(f"{tool} of {self.name} failed:\n{text}\n{self.read_log()}")
        return text

    def read_log(self):
        log = self.folder / f"{self.name}.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def control(self, command, *more, check=True):
        return self.run("pg_ctl", command, "-w", "-D", self.data, "-l", self.folder / f"{self.name}.log", *more, check=check)

    def start(self):
        # Processes die here, not machines: what was written is there afterwards, flushed or not.
        options = f"-c fsync=off -k '{self.folder}' -c listen_addresses=127.0.0.1 -c port={self.port} -c max_connections=100 -c wal_retrieve_retry_interval=100ms"
        self.control("start", "-o", options)

    def sql(self, text, database="postgres"):
        return self.run(
            "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
            "-p", self.port, "-U", "cenote", "-d", database, "-c", text,
        ).strip()

    def processes(self):
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def signal_all(self, number):
        """To the whole server at once, the one that would start others first."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self):
        pids = self.processes()
        self.signal_all(signal.SIGKILL)
        wait_for(lambda: not any(_lives(pid) for pid in pids), lambda: f"{self.name} survives SIGKILL")
        # While nobody has waited for the dead process, a new server takes it for a living owner of these.
        for lock in self.folder.glob(f".s.PGSQL.{self.port}*"):
            lock.unlink(missing_ok=True)

    def freeze(self):
        """It keeps its connections and takes new ones, and says nothing any more."""
        self.signal_all(signal.SIGSTOP)


def _lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Pair:
    """`primary` acknowledges nothing before `standby` has it on its disk."""

    def __init__(self, folder, user):
        self.primary, self.standby = Node(folder, "one", user), Node(folder, "two", user)
        self.nodes = [self.primary, self.standby]
        self.primary.run(
            "initdb", "-D", self.primary.data, "-U", "cenote", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        self.primary.start()
        self.primary.sql(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        self.attach()

    def url(self, options=""):
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgres://cenote@{hosts}/{DATABASE}{options}"

    def attach(self):
        """Makes the standby a copy of the primary, and lets commits wait for it."""
        primary, standby = self.primary, self.standby
        shutil.rmtree(standby.data, ignore_errors=True)
        standby.run(
            "pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-h", "127.0.0.1", "-p", primary.port, "-U", "cenote",
        )
        standby.start()
        # After the copy was made, so that the standby has it not and waits for nobody once it is promoted.
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        state = lambda: primary.sql("SELECT sync_state FROM pg_stat_replication")
        wait_for(lambda: state() == "sync", lambda: f"the standby does not follow: {state()}\n{standby.read_log()}")

    def promote(self):
        """The standby takes over."""
        self.standby.control("promote")
        self.primary, self.standby = self.standby, self.primary

    def end(self):
        for node in self.nodes:
            if (node.data / "postmaster.pid").exists():
                with contextlib.suppress(OSError, ValueError):
                    node.signal_all(signal.SIGCONT)
                node.control("stop", "-m", "immediate", check=False)


@contextlib.contextmanager
def pair():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-pair-"))
    both = None
    try:
        both = Pair(folder, owner(folder))
        yield both
    finally:
        if both:
            both.end()
        shutil.rmtree(folder, ignore_errors=True)
