// aws-jwt-verify, unmodified, on every kind of token, and the AWS SDK around them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { NotAuthorizedException, RefreshTokenReuseException } from '@aws-sdk/client-cognito-identity-provider';
import { JwtRsaVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';

import { BINARY, PASSWORD, confirmedUser, makePool, startCenote, waitFor } from '../../support/cenote.js';

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

const MACHINE = { GenerateSecret: true, ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'] };
const ROTATING = {
  ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
};

async function signIn({ api, clientId }, USERNAME) {
  const AuthParameters = { USERNAME, PASSWORD };
  const answer = await api.initiateAuth({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters });
  return answer.AuthenticationResult;
}

/** Verifies a token as an API behind the pool would; fetches the keys once, and again for a key it does not know. */
function verifierOf(poolId) {
  const issuer = `${cenote.url}/${poolId}`;
  let fetched = 0;
  // The library fetches keys over https only; how they are fetched is an option.
  const fetcher = { fetch: async (uri) => { fetched += 1; return (await fetch(uri)).arrayBuffer(); } };
  const jwksCache = new SimpleJwksCache({ fetcher });
  const verify = (token, tokenUse, clientId) =>
    JwtRsaVerifier.create(
      {
        issuer,
        audience: null,
        jwksUri: `${issuer}/.well-known/jwks.json`,
        customJwtCheck: ({ payload }) => validateCognitoJwtFields(payload, { tokenUse, clientId }),
      },
      { jwksCache },
    ).verify(token);
  return { verify, fetched: () => fetched };
}

test('tokens of a sign-in, of refreshes and of rotations', async () => {
  const pool = await makePool(cenote, { client: ROTATING });
  const { api, poolId, clientId: ClientId } = pool;
  await confirmedUser(cenote, pool, 'rosa');
  const { verify, fetched } = verifierOf(poolId);
  const first = await signIn(pool, 'rosa');
  let { RefreshToken } = first;
  const seen = [];
  for (const tokens of [first, undefined, undefined]) {
    const { IdToken, AccessToken, RefreshToken: next } =
      tokens ?? (await api.getTokensFromRefreshToken({ ClientId, RefreshToken })).AuthenticationResult;
    assert.ok(next);
    RefreshToken = next;
    const [id, access] = [await verify(IdToken, 'id', ClientId), await verify(AccessToken, 'access', ClientId)];
    assert.equal(id.origin_jti, access.origin_jti);
    seen.push(access.origin_jti);
  }
  assert.equal(new Set(seen).size, 1);
  assert.equal(fetched(), 1);
  await assert.rejects(
    api.getTokensFromRefreshToken({ ClientId, RefreshToken: first.RefreshToken }),
    (error) => error instanceof RefreshTokenReuseException && error.message === 'Refresh token reuse detected',
  );
  await api.revokeToken({ ClientId, Token: first.RefreshToken });
  await assert.rejects(api.getTokensFromRefreshToken({ ClientId, RefreshToken }), NotAuthorizedException);
});

test('tokens of clients themselves, and tokens made from others', async () => {
  const pool = await makePool(cenote);
  const { api, poolId, clientId } = pool;
  await confirmedUser(cenote, pool, 'rosa');
  const create = async (members) =>
    (await api.createUserPoolClient({ UserPoolId: poolId, ClientName: 'other', ...members })).UserPoolClient;
  const machine = await create(MACHINE);
  const { verify } = verifierOf(poolId);
  const { ClientAuthenticationResult } =
    await api.getClientToken({ ClientId: machine.ClientId, Secret: machine.ClientSecret });
  const claims = await verify(ClientAuthenticationResult.AccessToken, 'access', machine.ClientId);
  assert.equal(claims.sub, machine.ClientId);

  const exchange = await create({
    GenerateSecret: true,
    ExplicitAuthFlows: ['ALLOW_TOKEN_EXCHANGE_DELEGATION'],
  });
  const tokens = await signIn(pool, 'rosa');
  // The SDK does not know the operation yet.
  const derive = async (RequestedTokenType) => {
    const answer = await fetch(cenote.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityProviderService.GetDerivedToken',
      },
      body: JSON.stringify({
        ClientId: exchange.ClientId,
        ClientSecret: exchange.ClientSecret,
        SubjectToken: tokens.IdToken,
        SubjectTokenType: 'ID_TOKEN',
        ActorToken: ClientAuthenticationResult.AccessToken,
        ActorTokenType: 'ACCESS_TOKEN',
        RequestedTokenType,
      }),
    });
    const { IssuedToken, message } = await answer.json();
    assert.equal(message, undefined);
    return IssuedToken;
  };
  const user = await verify(tokens.IdToken, 'id', clientId);
  for (const [type, tokenUse] of [['ACCESS_TOKEN', 'access'], ['ID_TOKEN', 'id']]) {
    const derived = await verify(await derive(type), tokenUse, exchange.ClientId);
    assert.equal(derived.sub, user.sub);
    assert.deepEqual(derived.act, { sub: machine.ClientId, client_id: machine.ClientId });
  }
});

test('tokens before and after a rotation of keys', async () => {
  const pool = await makePool(cenote);
  const { api, poolId, clientId } = pool;
  await confirmedUser(cenote, pool, 'rosa');
  const { verify, fetched } = verifierOf(poolId);
  const old = await signIn(pool, 'rosa');
  await verify(old.IdToken, 'id', clientId);
  const kid = ({ AccessToken }) => JSON.parse(Buffer.from(AccessToken.split('.')[0], 'base64url')).kid;
  const rotate = (...options) =>
    execFileSync(BINARY, [
      'keys', 'rotate', '--pool', poolId, '--json', ...options,
      '--set', `store.url=sqlite:${cenote.data}/cenote.db`, '--set', `keys.master_key_file=${cenote.data}/master.key`,
    ]);
  rotate('--at-once');
  const fresh = await waitFor(async () => {
    const tokens = await signIn(pool, 'rosa');
    return kid(tokens) !== kid(old) && tokens;
  }, 'token by the new key');
  for (const { IdToken, AccessToken } of [old, fresh]) {
    await verify(IdToken, 'id', clientId);
    await verify(AccessToken, 'access', clientId);
    await api.getUser({ AccessToken });
  }
  assert.equal(fetched(), 2);
  rotate('--discard-old');
  await waitFor(async () => {
    try { await api.getUser({ AccessToken: fresh.AccessToken }); } catch (error) { return error instanceof NotAuthorizedException; }
    return false;
  }, 'refusal of the old key');
  await assert.rejects(verifierOf(poolId).verify(fresh.AccessToken, 'access', clientId), /not found in the JWKS/);
});

test('sessions are listed and ended', async () => {
  const pool = await makePool(cenote);
  const { api, poolId } = pool;
  await api.setUserPoolSessionConfiguration({
    UserPoolId: poolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 2 },
  });
  await confirmedUser(cenote, pool, 'rosa');
  const [first, second] = [await signIn(pool, 'rosa'), await signIn(pool, 'rosa')];
  const { Sessions } = await api.listUserSessions({ AccessToken: second.AccessToken });
  assert.equal(Sessions.length, 2);
  const other = Sessions.find(({ IsCurrentSession }) => !IsCurrentSession);
  assert.ok(other.CreateDate instanceof Date && other.DeviceType.includes('aws-sdk-js'));
  await api.revokeUserSession({ AccessToken: second.AccessToken, SessionId: other.SessionId });
  await assert.rejects(api.getUser({ AccessToken: first.AccessToken }), NotAuthorizedException);
  await api.getUser({ AccessToken: second.AccessToken });
});
