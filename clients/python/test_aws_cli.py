"""The AWS CLI: the reset that the README lets everybody paste, and what scripts rely on."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from cenote import Cenote, environment, run
from people import PASSWORD

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
DEFAULT = "http://127.0.0.1:7665"


def shell(script, **variables):
    tools = str(pathlib.Path(sys.executable).parent)
    env = environment(variables) | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    # Settings of whoever runs the tests must not matter.
    env |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=env, capture_output=True, text=True, timeout=180
    )


def test_the_reset_in_the_readme_works_as_it_is_pasted(tmp_path):
    blocks = re.findall(r"<!-- test: readme-reset -->\n```\w*\n(.*?)\n```", README.read_text(), re.DOTALL)
    assert len(blocks) == 1 and DEFAULT in blocks[0]
    assert DEFAULT.removeprefix("http://") in run("dev", "--help").stdout
    with Cenote(tmp_path) as server:
        # Nothing but the port is changed: the default one may be taken on this machine.
        done = shell(blocks[0].replace(DEFAULT, server.url))
    assert done.returncode == 0, done.stdout + done.stderr
    # The last document that was printed.
    printed = done.stdout[done.stdout.rindex("\n{\n") :]
    tokens = json.loads(printed)["AuthenticationResult"]
    assert tokens["TokenType"] == "Bearer" and tokens["AccessToken"].count(".") == 2


@pytest.fixture
def aws(server):
    def call(command):
        return shell(
            f"aws cognito-idp {command}",
            AWS_ENDPOINT_URL=server.url,
            AWS_DEFAULT_REGION="eu-central-1",
            AWS_ACCESS_KEY_ID="any",
            AWS_SECRET_ACCESS_KEY="any",
        )

    return call


def test_errors_are_printed_with_their_name_and_operation(aws):
    done = aws("describe-user-pool --user-pool-id eu-central-1_000000000")
    assert done.returncode != 0
    assert "(ResourceNotFoundException) when calling the DescribeUserPool operation" in done.stderr
    assert "User pool eu-central-1_000000000 does not exist." in done.stderr


def test_lists_are_paged_and_queried(aws, pool):
    for number in range(7):
        pool.api.admin_create_user(UserPoolId=pool.id, Username=f"cli{number}", MessageAction="SUPPRESS")
    done = aws(f"list-users --user-pool-id {pool.id} --page-size 3 --query 'Users[].Username' --output text")
    assert sorted(done.stdout.split()) == [f"cli{number}" for number in range(7)], done.stderr
    done = aws(f"list-users --user-pool-id {pool.id} --filter 'username = \"cli3\"' --query 'length(Users)'")
    assert done.stdout.strip() == "1", done.stderr


def test_waiting_scripts_see_dates_and_statuses(aws, pool, name):
    created = aws(f"admin-create-user --user-pool-id {pool.id} --username {name} --temporary-password '{PASSWORD}'")
    user = json.loads(created.stdout)["User"]
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d|\d+(\.\d+)?", str(user["UserCreateDate"]))
