import type { WireName } from '../fixtures.ts';

/** What a request asks of the simulator, in whatever wire it came. */
export interface Asked {
  /** The model, by which the simulator knows what to do. */
  model: string;
  stream: boolean;
  /** The caller's first words. */
  prompt: string;
  /** What the assistant has said already. */
  given: string;
  /** How it is to go on from there: as from its own words, or because it is told to. */
  how: 'plain' | 'prefill' | 'instruct';
}

interface Turn {
  role: string;
  text: string;
}

/** @param path behind the base URL of the wire. */
export function readAsked(wire: WireName, path: string, body: Record<string, unknown>): Asked {
  const said = wire === 'google' ? (body.contents as unknown[]) : (body.messages as unknown[]);
  const turns = said.map(turnOf).filter(({ role }) => role !== 'system');
  const last = turns.at(-1);
  const beforeLast = turns.at(-2);
  const spoken = { prompt: turns[0]?.text ?? '', ...naming(wire, path, body) };
  if (last && isAssistant(last)) return { ...spoken, given: last.text, how: 'prefill' };
  if (beforeLast && isAssistant(beforeLast)) return { ...spoken, given: beforeLast.text, how: 'instruct' };
  return { ...spoken, given: '', how: 'plain' };
}

function naming(
  wire: WireName,
  path: string,
  body: Record<string, unknown>,
): Pick<Asked, 'model' | 'stream'> {
  const inPath = (pattern: RegExp): string => decodeURIComponent(pattern.exec(path)?.[1] ?? '');
  switch (wire) {
    case 'google':
      return { model: inPath(/\/models\/([^:]+):/), stream: path.includes('streamGenerateContent') };
    case 'bedrock':
      return { model: inPath(/\/model\/([^/]+)\//), stream: path.endsWith('/converse-stream') };
    default:
      return { model: String(body.model), stream: body.stream === true };
  }
}

function turnOf(message: unknown): Turn {
  const { role, content, parts } = message as { role: string; content?: unknown; parts?: unknown };
  const pieces = content ?? parts;
  if (typeof pieces === 'string') return { role, text: pieces };
  const text = (pieces as { text?: string }[]).map((piece) => piece.text ?? '').join('');
  return { role, text };
}

function isAssistant({ role }: Turn): boolean {
  return role === 'assistant' || role === 'model';
}
