const encoder = new TextEncoder();

/** What is signed of a request to Bedrock. */
export interface Signed {
  url: string;
  body: string;
  region: string;
  /** The secret half of the pair of keys. */
  key: string;
  /** The signed headers and their values, in order. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** The signature as AWS's page builds it, step by step: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export async function awsSignature({ url, body, region, key, headers }: Signed): Promise<string> {
  const date = headers.find(([name]) => name === 'x-amz-date')?.[1] ?? '';
  const segments = new URL(url).pathname.split('/');
  const canonical = [
    'POST',
    // Each segment is encoded once more than it is sent.
    segments.map((segment) => encodeURIComponent(segment)).join('/'),
    '',
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    headers.map(([name]) => name).join(';'),
    await sha256(body),
  ].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/bedrock/aws4_request`;
  let signing: ArrayBuffer = await hmac(encoder.encode(`AWS4${key}`), day);
  for (const part of [region, 'bedrock', 'aws4_request']) signing = await hmac(signing, part);
  return hex(await hmac(signing, ['AWS4-HMAC-SHA256', date, scope, await sha256(canonical)].join('\n')));
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, encoder.encode(text));
}
