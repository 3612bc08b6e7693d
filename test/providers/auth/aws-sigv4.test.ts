import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { authorize } from '../../../src/providers/auth/index.ts';
import type { Outgoing } from '../../../src/providers/auth/types.ts';
import { awsSignature } from '../../support/aws-signature.ts';

const AUTH = { kind: 'aws-sigv4', service: 'bedrock' } as const;
const ID = 'AKIAIOSFODNN7EXAMPLE';
const KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const REQUEST: Outgoing = {
  url: 'https://bedrock-runtime.eu-west-1.amazonaws.com/model/us.amazon.nova-micro-v1%3A0/converse',
  headers: { 'content-type': 'application/json', traceparent: '00-a-b-01' },
  body: '{"messages":[]}',
};

const encoder = new TextEncoder();

/** The signature of the request above at this time. */
function expectedSignature(date: string, extra: [name: string, value: string][] = []): Promise<string> {
  const headers: [string, string][] = [
    ['host', 'bedrock-runtime.eu-west-1.amazonaws.com'],
    ['x-amz-date', date],
    ...extra,
  ];
  return awsSignature({ url: REQUEST.url, body: '{"messages":[]}', region: 'eu-west-1', key: KEY, headers });
}

describe('AWS keys', () => {
  it('sign the request for the region of its host', async () => {
    const { headers, url, body } = await authorize(AUTH, `${ID}:${KEY}`, REQUEST);
    expect(url).toBe(REQUEST.url);
    expect(body).toBe(REQUEST.body);
    const date = headers['x-amz-date'] ?? '';
    expect(date).toMatch(/^\d{8}T\d{6}Z$/);
    expect(headers).toMatchObject(REQUEST.headers);
    expect(headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=${ID}/${date.slice(0, 8)}/eu-west-1/bedrock/aws4_request, ` +
        `SignedHeaders=host;x-amz-date, Signature=${await expectedSignature(date)}`,
    );
  });

  it.each([
    `ASIAIOSFODNN7EXAMPLE:${KEY}:session==`,
    JSON.stringify({ AccessKeyId: 'ASIAIOSFODNN7EXAMPLE', SecretAccessKey: KEY, SessionToken: 'session==' }),
    JSON.stringify({
      aws_access_key_id: 'ASIAIOSFODNN7EXAMPLE',
      aws_secret_access_key: KEY,
      aws_session_token: 'session==',
    }),
  ])('may be temporary: %#', async (secret) => {
    const { headers } = await authorize(AUTH, secret, REQUEST);
    const date = headers['x-amz-date'] ?? '';
    expect(headers['x-amz-security-token']).toBe('session==');
    const signature = await expectedSignature(date, [['x-amz-security-token', 'session==']]);
    expect(headers.authorization).toContain(
      `SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signature}`,
    );
  });

  it('sign bytes as they sign text', async () => {
    const { headers } = await authorize(AUTH, `${ID}:${KEY}`, {
      ...REQUEST,
      body: encoder.encode('{"messages":[]}'),
    });
    expect(headers.authorization).toContain(await expectedSignature(headers['x-amz-date'] ?? ''));
  });

  it.each([
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/x', 'us-gov-west-1'],
    ['https://vpce-1-2.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com/x', 'ap-southeast-2'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn/x', 'cn-north-1'],
  ])('find the region in %s', async (url, region) => {
    const { headers } = await authorize(AUTH, `${ID}:${KEY}`, { ...REQUEST, url });
    expect(headers.authorization).toContain(`/${region}/bedrock/aws4_request`);
  });

  it('are of no use without a region, and JSON without keys', () => {
    const url = 'https://bedrock.acme.example/x';
    for (const act of [
      () => authorize(AUTH, `${ID}:${KEY}`, { ...REQUEST, url }),
      () => authorize(AUTH, '{"AccessKeyId":"x"}', REQUEST),
    ]) {
      expect(act).toThrow(GatewayError);
      expect(act).toThrow(expect.objectContaining({ code: 'upstream_credentials_rejected' }));
    }
  });
});

it('an API key is a bearer, at once', () => {
  for (const key of ['ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl', 'bedrock-api-key-YmVkcm9jaw==']) {
    expect(authorize(AUTH, key, REQUEST)).toEqual({
      ...REQUEST,
      headers: { ...REQUEST.headers, authorization: `Bearer ${key}` },
    });
  }
});
