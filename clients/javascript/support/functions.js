// Lambda functions in this process.

import { once } from 'node:events';
import { createServer } from 'node:http';

export const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:challenges';

/** Questions of a pool: a sum, asked again after one wrong answer; after the password where the client proves it. */
export const SUM = {
  DefineAuthChallenge_Authentication: ({ session }) => {
    const last = session.at(-1);
    if (last?.challengeName === 'SRP_A') return { challengeName: 'PASSWORD_VERIFIER' };
    const wrong = session.filter((one) => one.challengeName === 'CUSTOM_CHALLENGE' && !one.challengeResult).length;
    const right = last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult;
    return { challengeName: 'CUSTOM_CHALLENGE', issueTokens: Boolean(right), failAuthentication: wrong > 1 };
  },
  CreateAuthChallenge_Authentication: () => ({
    publicChallengeParameters: { question: '2 + 3' }, privateChallengeParameters: { answer: '5' }, challengeMetadata: 'sum',
  }),
  VerifyAuthChallengeResponse_Authentication: ({ privateChallengeParameters, challengeAnswer }) => ({
    answerCorrect: privateChallengeParameters.answer === challengeAnswer,
  }),
};

/** Which functions a pool has that asks for a sum. */
export const ASKS_FOR_SUM = { DefineAuthChallenge: ARN, CreateAuthChallenge: ARN, VerifyAuthChallengeResponse: ARN };

/** Answers invocations by these functions, which make a response of a request. */
export async function startFunctions(functions) {
  const server = createServer(async (request, response) => {
    const event = JSON.parse(Buffer.concat(await request.toArray()));
    event.response = functions[event.triggerSource](event.request);
    response.end(JSON.stringify(event));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
