// AWS SDK for JavaScript v3 and aws-jwt-verify, unmodified.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { CodeMismatchException, NotAuthorizedException, paginateListUsers } from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier, JwtRsaVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';

import { NEW_PASSWORD, PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

const signIn = ({ api, clientId }, USERNAME, PASSWORD, more = {}) =>
  api.initiateAuth({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD, ...more } });

test('a user resets a forgotten password and signs in with the new one', async () => {
  const pool = await makePool(cenote);
  const { api, poolId, clientId: ClientId } = pool;
  const to = await confirmedUser(cenote, pool, 'rosa');
  const { CodeDeliveryDetails } = await api.forgotPassword({ ClientId, Username: 'rosa' });
  assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'r***@e***' });
  const { code } = await cenote.message('ForgotPassword', { pool: poolId, to });
  const wrong = code === '000000' ? '000001' : '000000';
  const redeem = { ClientId, Username: 'rosa', Password: NEW_PASSWORD };
  await assert.rejects(api.confirmForgotPassword({ ...redeem, ConfirmationCode: wrong }), (error) => {
    assert.ok(error instanceof CodeMismatchException);
    assert.equal(error.name, 'CodeMismatchException');
    assert.equal(error.message, 'Invalid verification code provided, please try again.');
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
  await api.confirmForgotPassword({ ...redeem, ConfirmationCode: code });
  await assert.rejects(signIn(pool, 'rosa', PASSWORD), NotAuthorizedException);
  const { AuthenticationResult } = await signIn(pool, 'rosa', NEW_PASSWORD);
  const user = await api.getUser({ AccessToken: AuthenticationResult.AccessToken });
  assert.equal(user.Username, 'rosa');
  const { AuthenticationResult: refreshed } = await api.initiateAuth({
    ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: AuthenticationResult.RefreshToken },
  });
  assert.equal(refreshed.RefreshToken, undefined);
  await api.globalSignOut({ AccessToken: refreshed.AccessToken });
  await assert.rejects(api.getUser({ AccessToken: refreshed.AccessToken }), NotAuthorizedException);
});

test('a client with a secret wants a hash over the name', async () => {
  const pool = await makePool(cenote, { client: { GenerateSecret: true } });
  const { api, poolId, clientId } = pool;
  const { UserPoolClient } = await api.describeUserPoolClient({ UserPoolId: poolId, ClientId: clientId });
  const hash = (name) => createHmac('sha256', UserPoolClient.ClientSecret).update(name + clientId).digest('base64');
  await api.adminCreateUser({ UserPoolId: poolId, Username: 'sven', MessageAction: 'SUPPRESS' });
  await api.adminSetUserPassword({ UserPoolId: poolId, Username: 'sven', Password: PASSWORD, Permanent: true });
  await assert.rejects(signIn(pool, 'sven', PASSWORD), NotAuthorizedException);
  await assert.rejects(signIn(pool, 'sven', PASSWORD, { SECRET_HASH: hash('rosa') }), NotAuthorizedException);
  const { AuthenticationResult } = await signIn(pool, 'sven', PASSWORD, { SECRET_HASH: hash('sven') });
  assert.ok(AuthenticationResult.IdToken);
});

test('the paginator sees every user once, with dates', async () => {
  const { api, poolId } = await makePool(cenote);
  const names = Array.from({ length: 13 }, (_, number) => `paged${String(number).padStart(2, '0')}`);
  for (const Username of names) await api.adminCreateUser({ UserPoolId: poolId, Username, MessageAction: 'SUPPRESS' });
  const seen = [];
  for await (const page of paginateListUsers({ client: api, pageSize: 5 }, { UserPoolId: poolId })) seen.push(...page.Users);
  assert.deepEqual(seen.map((user) => user.Username).sort(), names);
  for (const user of seen) assert.ok(user.UserCreateDate instanceof Date && Math.abs(Date.now() - user.UserCreateDate) < 300_000);
});

async function tokensOf(server) {
  const pool = await makePool(server);
  await confirmedUser(server, pool, 'rosa');
  const { AuthenticationResult } = await signIn(pool, 'rosa', PASSWORD);
  return { ...pool, id: AuthenticationResult.IdToken, access: AuthenticationResult.AccessToken };
}

test('aws-jwt-verify accepts the tokens by the keys at the issuer, and refuses other clients, uses and keys', async () => {
  const { poolId, clientId, id, access } = await tokensOf(cenote);
  const issuer = `${cenote.url}/${poolId}`;
  const configuration = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  assert.equal(configuration.issuer, issuer);
  assert.equal(configuration.jwks_uri, `${issuer}/.well-known/jwks.json`);
  // The library fetches keys over https only; how they are fetched is an option.
  const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
  const verifier = (tokenUse, client = clientId) =>
    JwtRsaVerifier.create(
      {
        issuer,
        audience: null,
        jwksUri: configuration.jwks_uri,
        customJwtCheck: ({ payload }) => validateCognitoJwtFields(payload, { tokenUse, clientId: client }),
      },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    );
  const idClaims = await verifier('id').verify(id);
  assert.equal(idClaims.aud, clientId);
  assert.equal(idClaims['cognito:username'], 'rosa');
  assert.equal(idClaims.email_verified, true);
  const accessClaims = await verifier('access').verify(access);
  assert.equal(accessClaims.client_id, clientId);
  assert.equal(accessClaims.sub, idClaims.sub);
  assert.equal(accessClaims.scope, 'aws.cognito.signin.user.admin');
  await assert.rejects(verifier('id', 'anotherclient').verify(id), /Client ID/);
  await assert.rejects(verifier('access', 'anotherclient').verify(access), /Client ID/);
  await assert.rejects(verifier('access').verify(id), /Token use/);

  const other = await tokensOf(cenote);
  await assert.rejects(verifier('id').verify(other.id), /not found in the JWKS/);
  const [head, , signature] = id.split('.');
  const [, payload] = access.split('.');
  await assert.rejects(verifier('access').verify([head, payload, signature].join('.')), /signature/i);
});

test('with the issuer of AWS, CognitoJwtVerifier accepts the tokens without any option', async () => {
  const server = await startCenote('--set', 'aws.issuer=aws');
  try {
    const { poolId, clientId, id, access } = await tokensOf(server);
    const jwks = await (await fetch(`${server.url}/${poolId}/.well-known/jwks.json`)).json();
    const verifier = (tokenUse, client = clientId) => {
      const verifier = CognitoJwtVerifier.create({ userPoolId: poolId, tokenUse, clientId: client });
      // Instead of asking AWS.
      verifier.cacheJwks(jwks);
      return verifier;
    };
    assert.equal((await verifier('id').verify(id)).token_use, 'id');
    assert.equal((await verifier('access').verify(access)).token_use, 'access');
    await assert.rejects(verifier('id', 'anotherclient').verify(id), /Client ID/);
    await assert.rejects(verifier('id').verify(access), /Token use/);
  } finally {
    await server.stop();
  }
});
