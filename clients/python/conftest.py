"""Fixtures: one server of each engine for the whole run, and the pools and users that tests start from."""

import itertools

import pytest

import postgres as postgres_module
from cenote import Cenote
from people import Pool

_names = itertools.count()


@pytest.fixture(scope="session")
def postgres():
    with postgres_module.server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory):
    with Cenote(tmp_path_factory.mktemp("sqlite")) as server:
        yield server
        assert server.stop() == 0, server.read_log()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory, postgres):
    with Cenote(tmp_path_factory.mktemp("postgres"), "--set", f"store.url={postgres.database()}") as server:
        yield server
        assert server.stop() == 0, server.read_log()


@pytest.fixture
def server(sqlite_server):
    """A running `cenote dev`, for tests that look the same on every engine."""
    return sqlite_server


@pytest.fixture(params=["sqlite", "postgres"])
def either_server(request):
    """A running `cenote dev`, on each engine."""
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def pool(server):
    """A pool that verifies mail addresses, with a client without a secret that takes passwords."""
    return Pool(server)


@pytest.fixture
def name():
    """A user name that no other test has."""
    return f"user{next(_names)}"
