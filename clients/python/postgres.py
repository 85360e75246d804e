"""A PostgreSQL of our own from the installed programs, or the one that CENOTE_TEST_POSTGRES_URL names."""

import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import uuid


@contextlib.contextmanager
def server():
    """The URL of a server, its database left out of nothing: `database` makes new ones on it."""
    url = os.environ.get("CENOTE_TEST_POSTGRES_URL")
    if url:
        yield Postgres(url, programs())
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-postgres-"))
    user = owner(folder)
    data = folder / "data"
    tools = programs()
    log = folder / "log"

    def run(*command):
        with open(log, "ab") as output:
            # PostgreSQL takes its own environment variables for settings.
            env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
            done = subprocess.run(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=env, **user
            )
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} failed:\n{log.read_text(errors='replace')}")

    try:
        run(tools / "initdb", "-D", data, "-U", "cenote", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k '{folder}' -c listen_addresses= -c max_connections=200"
        run(tools / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "server.log", "-o", options)
        try:
            socket = str(folder).replace("/", "%2F")
            yield Postgres(f"postgres://cenote@{socket}/postgres", tools)
        finally:
            run(tools / "pg_ctl", "stop", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Postgres:
    def __init__(self, url, tools):
        self.url = url
        self.psql = tools / "psql"

    def database(self):
        """The URL of a new, empty database."""
        name = f"cenote_{uuid.uuid4().hex}"
        subprocess.run(
            [self.psql, "--no-psqlrc", "--quiet", "--command", f"CREATE DATABASE {name} TEMPLATE template0", self.url],
            check=True,
        )
        address, _, query = self.url.partition("?")
        base, _, _ = address.rpartition("/")
        return f"{base}/{name}" + (f"?{query}" if query else "")


def programs():
    named = os.environ.get("CENOTE_POSTGRES_PROGRAMS")
    if named:
        return pathlib.Path(named)
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    if not found:
        raise AssertionError("PostgreSQL is not installed: apt-get install postgresql")
    return pathlib.Path(found).parent


def owner(folder):
    """PostgreSQL does not run as root: then its own user runs it, or nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError("there is no user to run PostgreSQL as")
