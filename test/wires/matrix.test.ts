import { describe, expect, it } from 'vitest';
import { wires } from '../../src/wires/index.ts';
import type { ModelKind, Wire } from '../../src/wires/types.ts';

const pages = import.meta.glob<string>('../../docs/endpoints.md', {
  query: '?raw',
  eager: true,
  import: 'default',
});
const [page = ''] = Object.values(pages);

/** What each endpoint asks models for. */
const KINDS: Readonly<Record<string, ModelKind>> = {
  'chat/completions': 'chat',
  completions: 'chat',
  messages: 'chat',
  'messages/count_tokens': 'chat',
  responses: 'chat',
  embeddings: 'embedding',
  'images/generations': 'image',
  'images/edits': 'image',
  'images/variations': 'image',
  'audio/speech': 'speech',
  'audio/transcriptions': 'transcription',
  'audio/translations': 'transcription',
  moderations: 'moderation',
  rerank: 'rerank',
};

/** The cells of the table in the documentation, by endpoint and wire. */
function cells(): { endpoint: string; wire: string; cell: string }[] {
  const lines = page.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| endpoint | openai |'));
  const end = lines.indexOf('', head);
  const split = (line: string): string[] => line.split('|').map((cell) => cell.trim());
  const columns = split(lines[head] ?? '').slice(2, -1);
  return lines.slice(head + 2, end).flatMap((line) => {
    const [, endpoint = '', ...row] = split(line);
    const path = /^`POST \/v1\/(.+)`$/.exec(endpoint)?.[1];
    return path === undefined
      ? []
      : columns.map((wire, index) => ({ endpoint: path, wire, cell: row[index] ?? '' }));
  });
}

describe('the table of endpoints and wires', () => {
  it('has each endpoint, and each wire', () => {
    expect([...new Set(cells().map(({ endpoint }) => endpoint))].sort()).toEqual(Object.keys(KINDS).sort());
    expect([...new Set(cells().map(({ wire }) => wire))].sort()).toEqual(Object.keys(wires).sort());
  });

  it.each(cells())('is right about $endpoint and $wire', ({ endpoint, wire, cell }) => {
    const { [wire]: codecs } = wires as Readonly<Record<string, Wire>>;
    const kind = KINDS[endpoint];
    if (!codecs || !kind) throw new Error('Unknown');
    if (codecs[kind] === undefined) expect(cell).toBe('–');
    else if (cell === '–') expect(endpoint).toBe('images/variations');
    const native: Readonly<Record<string, unknown>> = codecs.native ?? {};
    if (kind === 'chat' && endpoint !== 'chat/completions' && cell !== '–')
      expect(cell.startsWith('native')).toBe(
        endpoint === 'messages/count_tokens' ? codecs.tokens !== undefined : endpoint in native,
      );
  });
});
