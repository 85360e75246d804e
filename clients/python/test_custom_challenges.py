"""boto3: sign-ins in which the pool's functions decide."""

import pytest

from cenote import Cenote
from functions import CREDENTIALS, Functions
from people import NEW_PASSWORD, PASSWORD, Pool
from ways import ADMIN, PUBLIC, Proof, Way, make_user, refused, signed_in



@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A pool whose functions ask for a sum, after the password where the client proves it."""
    functions = Functions()

    def define(event):
        rounds = event["request"]["session"]
        last = rounds[-1] if rounds else {}
        if last.get("challengeName") == "SRP_A":
            event["response"]["challengeName"] = "PASSWORD_VERIFIER"
            return event
        mistakes = sum(not one["challengeResult"] for one in rounds)
        right = last.get("challengeName") == "CUSTOM_CHALLENGE" and last["challengeResult"]
        event["response"] |= {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": right, "failAuthentication": mistakes > 1}
        return event

    def create(event):
        event["response"] |= {
            "publicChallengeParameters": {"question": "2 + 3"}, "privateChallengeParameters": {"answer": "5"},
        }
        return event

    def verify(event):
        request = event["request"]
        event["response"]["answerCorrect"] = request["privateChallengeParameters"]["answer"] == request["challengeAnswer"]
        return event

    triggers = {"DefineAuthChallenge": define, "CreateAuthChallenge": create, "VerifyAuthChallengeResponse": verify}
    with Cenote(tmp_path_factory.mktemp("asking"), "--lambda-endpoint", functions.url, env=CREDENTIALS) as server:
        yield Pool(
            server,
            {"ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"]},
            LambdaConfig={name: functions.add(name, function) for name, function in triggers.items()},
        )
    functions.close()


@pytest.mark.parametrize("kind", [PUBLIC, ADMIN])
def test_functions_ask_what_they_like(asking, name, kind):
    make_user(asking, name)
    way = Way(asking, kind)
    asked = way.start("CUSTOM_AUTH", USERNAME=name)
    assert asked["ChallengeParameters"] == {"USERNAME": name, "question": "2 + 3"}
    again = way.answer(asked, name, ANSWER="4")
    signed_in(asking, way.other().answer(again, name, ANSWER="5"), name)
    again = way.answer(way.start("CUSTOM_AUTH", USERNAME=name), name, ANSWER="4")
    refused("NotAuthorizedException", "Incorrect username or password.", lambda: way.answer(again, name, ANSWER="6"))

    for password in (PASSWORD, NEW_PASSWORD):
        proof = Proof(asking, name, password)
        asked = way.start("CUSTOM_AUTH", USERNAME=name, CHALLENGE_NAME="SRP_A", SRP_A=proof.public)
        assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
        prove = lambda: way.answer(asked, name, **proof.of(asked))
        if password == PASSWORD:
            question = prove()
            assert question["ChallengeName"] == "CUSTOM_CHALLENGE"
            signed_in(asking, way.answer(question, name, ANSWER="5"), name)
        else:
            refused("NotAuthorizedException", "Incorrect username or password.", prove)
