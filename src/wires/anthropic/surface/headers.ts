import type { JsonObject } from '../../../lib/json.ts';

/** Names the session of Claude Code: https://code.claude.com/docs/en/llm-gateway */
const SESSION = 'x-claude-code-session-id';

/**
 * A request with what its client says in headers: flags of beta features (`anthropic-beta`), and which session it
 * belongs to, unless the client names one in the gateway's own words. `anthropic-version` says nothing: there is one.
 * @param header reads a header by its name in lower case.
 */
export function withHeaders(body: JsonObject, header: (name: string) => string | undefined): JsonObject {
  const out: JsonObject = { ...body };
  const flags = betasOf(header);
  if (flags.length > 0) out.betas = flags;
  const session = header(SESSION)?.trim();
  if (session && body.session_id === undefined && !header('x-session-id')) out.session_id = session;
  return out;
}

/** Flags of beta features. @param header reads a header by its name in lower case. */
export function betasOf(header: (name: string) => string | undefined): string[] {
  return (header('anthropic-beta') ?? '').split(',').flatMap((flag) => flag.trim() || []);
}
