import { AwsV4Signer } from 'aws4fetch';
import { GatewayError } from '../../errors.ts';
import { asString } from '../../lib/json.ts';
import { readJsonSecret } from '../json-secret.ts';
import { bearer } from './bearer.ts';
import type { Authorize } from './types.ts';

/** `AKIA…:secret`, and `ASIA…:secret:session token` for temporary ones. */
const PAIR = /^(A[A-Z]{3}[A-Z0-9]{12,}):([^:\s]+)(?::(\S+))?$/;

/** The region as one label of the host: `us-east-1`, `us-gov-west-1`. */
const REGION = /\.([a-z]{2,4}(?:-[a-z]+)+-\d{1,2})\./;

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * Signs a request with AWS Signature Version 4
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html). The secret is a pair of keys, as
 * `id:secret[:session token]` or as JSON; any other is an API key of the service, sent as a bearer
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html), which needs no promise.
 * @throws GatewayError `upstream_credentials_rejected` for JSON without keys and for a host without a region.
 */
export const awsSigv4: Authorize<'aws-sigv4'> = ({ service }, secret, request) => {
  const keys = readKeys(secret);
  if (!keys) return bearer({ kind: 'bearer' }, secret, request);
  const url = new URL(request.url);
  const region = REGION.exec(url.hostname)?.[1];
  if (region === undefined) throw unusable(`${url.hostname} names no region`);
  // Only the host and AWS's own headers are signed: others may change on the way.
  const signer = new AwsV4Signer({
    method: 'POST',
    url: request.url,
    body: Array.isArray(request.body) ? Buffer.concat(request.body) : request.body,
    service,
    region,
    ...keys,
  });
  return signer.sign().then(({ headers }) => ({
    ...request,
    headers: { ...request.headers, ...Object.fromEntries(headers) },
  }));
};

function readKeys(secret: string): Keys | null {
  const [, accessKeyId, secretAccessKey, sessionToken] = PAIR.exec(secret.trim()) ?? [];
  if (accessKeyId && secretAccessKey) return withSession({ accessKeyId, secretAccessKey }, sessionToken);
  const json = readJsonSecret(secret);
  if (!json) return null;
  // As the AWS command line writes them, and as its environment names them.
  const id = asString(json.AccessKeyId) ?? asString(json.accessKeyId) ?? asString(json.aws_access_key_id);
  const key =
    asString(json.SecretAccessKey) ?? asString(json.secretAccessKey) ?? asString(json.aws_secret_access_key);
  const session =
    asString(json.SessionToken) ?? asString(json.sessionToken) ?? asString(json.aws_session_token);
  if (!id || !key) throw unusable('The secret is JSON without AccessKeyId and SecretAccessKey');
  return withSession({ accessKeyId: id, secretAccessKey: key }, session);
}

function withSession(keys: Keys, sessionToken: string | undefined): Keys {
  return sessionToken ? { ...keys, sessionToken } : keys;
}

function unusable(why: string): GatewayError {
  return new GatewayError('upstream_credentials_rejected', { cause: new Error(why) });
}
