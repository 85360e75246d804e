// aws-jwt-verify, unmodified, for pools whose issuer is AWS's.

import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';

/** The verifier of an API behind the pool. It asks AWS for keys; that name leads to the server under test. */
export function makeVerifier(cenote, { poolId, clientId }, members = {}) {
  const fetched = [];
  const fetcher = {
    fetch: async (uri) => {
      fetched.push(new URL(uri).host);
      return (await fetch(cenote.url + new URL(uri).pathname)).arrayBuffer();
    },
  };
  const properties = { userPoolId: poolId, clientId, tokenUse: null, ...members };
  return { verifier: CognitoJwtVerifier.create(properties, { jwksCache: new SimpleJwksCache({ fetcher }) }), fetched };
}
