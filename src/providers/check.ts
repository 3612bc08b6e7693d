import type { Env } from '../env.ts';
import type { GatewayError } from '../errors.ts';
import { readText } from '../lib/read-text.ts';
import { wires } from '../wires/index.ts';
import { authorize } from './auth/index.ts';
import type { Auth, Provider } from './types.ts';
import { fillIn } from './variables.ts';

/**
 * What a provider said to a credential. `unknown` is everything that is neither yes nor no: it could not
 * be reached, failed, or has nothing by which one could tell.
 */
export interface SecretCheck {
  result: 'accepted' | 'refused' | 'limited' | 'unknown';
  /** In plain words, ours alone: what providers say may hold the secret. */
  message: string;
  /** The provider's HTTP status; null when there was none. */
  status: number | null;
}

/** Every wire lists models at this path. */
const PATH = '/models';

const PATIENCE_MS = 5_000;

/** Of an answer that is an error, as much is read. */
const ERROR_BYTES = 64 * 1024;

/** Kinds whose secret goes out as it is. Others sign or trade it for one request, and this is none. */
const PLAIN: ReadonlySet<Auth['kind']> = new Set<Auth['kind']>(['bearer', 'header', 'query']);

/**
 * Asks a provider for its models with a secret: the cheapest call that needs one. Where the same call
 * succeeds without the secret as well, it tells nothing. Never throws for what the provider does.
 */
export async function checkSecret(provider: Provider, secret: string, env: Env): Promise<SecretCheck> {
  if (provider.transport === 'internal' || !PLAIN.has(provider.auth.kind)) {
    return unknown('A credential of this kind is not checked beforehand: its first request will tell.');
  }
  const answer = await ask(provider, secret, env);
  if (!(answer instanceof Response)) return answer;
  const { status } = answer;
  if (answer.ok) {
    await answer.body?.cancel();
    const without = await ask(provider, null, env);
    if (without instanceof Response) await without.body?.cancel();
    return without instanceof Response && without.ok
      ? unknown('The provider lists its models to anybody, so this could not be checked.', status)
      : { result: 'accepted', message: 'The provider accepted the credential.', status };
  }
  switch (await codeOf(provider, answer)) {
    case 'upstream_credentials_rejected':
      return { result: 'refused', message: `The provider refused the credential (${status}).`, status };
    case 'upstream_rate_limited':
      return {
        result: 'limited',
        message: 'The provider is limiting this credential at the moment.',
        status,
      };
    case 'upstream_model_not_found':
      return unknown('The provider has no list of models by which the credential could be checked.', status);
    default:
      return unknown(`The provider answered with ${status}, which does not tell.`, status);
  }
}

async function ask(provider: Provider, secret: string | null, env: Env): Promise<Response | SecretCheck> {
  let url: string;
  try {
    url = fillIn(provider.baseUrl + PATH, env, secret);
  } catch {
    return unknown('A part of the address of the provider is not configured.');
  }
  const headers = { accept: 'application/json', 'user-agent': 'interline', ...provider.headers };
  const request = await authorize(provider.auth, secret, { url, headers, body: '' });
  try {
    return await fetch(request.url, {
      headers: request.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return unknown('The provider could not be reached.');
  }
}

async function codeOf(provider: Provider, answer: Response): Promise<GatewayError['code'] | null> {
  if (answer.status < 400) return null;
  const body = await readText(answer, ERROR_BYTES, { cut: true }).catch(() => '');
  return wires[provider.wire].readError(answer.status, answer.headers, body).code;
}

function unknown(message: string, status: number | null = null): SecretCheck {
  return { result: 'unknown', message, status };
}
