import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { inlineFiles, inlineFilesOf } from '../../../src/gateway/files/inline.ts';
import {
  CHAT_PLACES,
  type FilePlaces,
  MESSAGES_PLACES,
  RESPONSES_PLACES,
} from '../../../src/gateway/files/places.ts';
import type { FindFile } from '../../../src/gateway/files/types.ts';

const PDF = 'file-01k00000000000000000000pdf';
const PNG = 'file-01k00000000000000000000png';
const TXT = 'file-01k00000000000000000000txt';
/** Ids of providers. */
const FOREIGN = [
  'file-6F2ksmvXxt4VdoqmHRw6kL',
  'file_011CNha8iCJcU1wXNR6q4V8w',
  'https://example.com/file-01k.png',
];

const CONTENT: Record<string, [name: string, type: string, text: string]> = {
  [PDF]: ['paper.pdf', 'application/octet-stream', '%PDF-1.4\n'],
  [PNG]: ['cat.png', 'application/octet-stream', '\x89PNG'],
  [TXT]: ['notes.md', 'text/markdown', '# Notes'],
};
const base64 = (id: string): string => btoa(CONTENT[id]?.[2] ?? '');

let reads: string[] = [];
const find: FindFile = async (id, param) => {
  const [filename, contentType, text] = CONTENT[id] ?? [];
  if (text === undefined) throw new GatewayError('not_found', { param });
  reads.push(id);
  return {
    filename: filename ?? '',
    contentType: contentType ?? '',
    bytes: text.length,
    read: async () => Uint8Array.from(text, (character) => character.charCodeAt(0)),
  };
};
const options = { find, maxBytes: 10_000 };

async function inlined(body: object, places: FilePlaces) {
  reads = [];
  const bytes = await inlineFiles(new TextEncoder().encode(JSON.stringify(body)), places, options);
  return JSON.parse(new TextDecoder().decode(bytes));
}

const inMessage = (...content: object[]) => ({ model: 'm', messages: [{ role: 'user', content }] });
const inItem = (...content: object[]) => ({ model: 'm', input: [{ role: 'user', content }] });

describe('a file that a chat completion names', () => {
  it('stands in its place, as a file or a picture', async () => {
    const file = (file_id: string, more = {}) => ({ type: 'file', file: { file_id, ...more } });
    const asked = inMessage(
      { type: 'text', text: PDF },
      { ...file(PDF), cache_control: { type: 'ephemeral' } },
      file(TXT, { filename: 'mine.md' }),
      file(PNG),
    );
    expect(await inlined(asked, CHAT_PLACES)).toEqual(
      inMessage(
        { type: 'text', text: PDF },
        {
          type: 'file',
          file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${base64(PDF)}` },
          cache_control: { type: 'ephemeral' },
        },
        {
          type: 'file',
          file: { filename: 'mine.md', file_data: `data:text/markdown;base64,${base64(TXT)}` },
        },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${base64(PNG)}` } },
      ),
    );
  });

  it('is read once, however often it is named', async () => {
    const part = { type: 'file', file: { file_id: PDF } };
    await inlined(inMessage(part, part, part), CHAT_PLACES);
    expect(reads).toEqual([PDF]);
  });
});

describe('a file that a response names', () => {
  it('stands in its place, also in results of tools', async () => {
    const asked = {
      ...inItem(
        { type: 'input_file', file_id: PDF },
        { type: 'input_image', file_id: PNG, detail: 'low' },
        { type: 'input_file', file_id: PNG },
      ),
    };
    const result = { type: 'function_call_output', output: [{ type: 'input_image', file_id: PNG }] };
    asked.input.push(result as never);
    const picture = { type: 'input_image', image_url: `data:image/png;base64,${base64(PNG)}` };
    expect(await inlined(asked, RESPONSES_PLACES)).toEqual({
      model: 'm',
      input: [
        {
          role: 'user',
          content: [
            {
              type: 'input_file',
              filename: 'paper.pdf',
              file_data: `data:application/pdf;base64,${base64(PDF)}`,
            },
            { ...picture, detail: 'low' },
            picture,
          ],
        },
        { type: 'function_call_output', output: [picture] },
      ],
    });
  });

  it('is no picture where it is a document', async () => {
    const asked = inItem({ type: 'input_image', file_id: PDF });
    await expect(inlined(asked, RESPONSES_PLACES)).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'input[0].content[0].file_id',
      message: expect.stringContaining('application/pdf'),
    });
  });

  it('is named by the response that it comes from', async () => {
    const body = inItem({ type: 'input_file', file_id: 'file-01k00000000000000000000000' });
    const asked = inlineFilesOf(body as never, 0, RESPONSES_PLACES, options, () => 'previous_response_id');
    await expect(asked).rejects.toMatchObject({ param: 'previous_response_id' });
  });
});

describe('a file that a message names', () => {
  it('stands in its place: pictures, PDFs, texts', async () => {
    const source = (file_id: string) => ({ type: 'file', file_id });
    const asked = inMessage(
      { type: 'document', source: source(PDF), title: 'Mine' },
      { type: 'document', source: source(TXT) },
      { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: source(PNG) }] },
    );
    expect(await inlined(asked, MESSAGES_PLACES)).toEqual(
      inMessage(
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: base64(PDF) },
          title: 'Mine',
        },
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: '# Notes' },
          title: 'notes.md',
        },
        {
          type: 'tool_result',
          tool_use_id: 't',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: base64(PNG) } },
          ],
        },
      ),
    );
  });

  it('stands among the blocks of a document, also in the result of a tool', async () => {
    const document = (source: object) => ({
      type: 'document',
      title: 'Blocks',
      source: {
        type: 'content',
        content: [
          { type: 'text', text: 'See:' },
          { type: 'image', source },
        ],
      },
    });
    const blocks = (source: object) => [
      document(source),
      { type: 'tool_result', tool_use_id: 't', content: [document(source)] },
    ];
    const asked = inMessage(...blocks({ type: 'file', file_id: PNG }));
    expect(await inlined(asked, MESSAGES_PLACES)).toEqual(
      inMessage(...blocks({ type: 'base64', media_type: 'image/png', data: base64(PNG) })),
    );
    const wrong = inMessage(...blocks({ type: 'file', file_id: PDF }));
    await expect(inlined(wrong, MESSAGES_PLACES)).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'messages[0].content[0].source.content[1].source.file_id',
    });
  });

  it.each([
    ['image', PDF],
    ['document', PNG],
  ])('is refused where it is no %s', async (type, file_id) => {
    const asked = inMessage({ type, source: { type: 'file', file_id } });
    await expect(inlined(asked, MESSAGES_PLACES)).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'messages[0].content[0].source.file_id',
    });
  });
});

describe('a request', () => {
  it.each([
    ['names no file', inMessage({ type: 'text', text: 'file-0' }), CHAT_PLACES],
    [
      'names files of a provider',
      inMessage(...FOREIGN.map((file_id) => ({ type: 'file', file: { file_id } }))),
      CHAT_PLACES,
    ],
    [
      'names them elsewhere',
      inItem(...FOREIGN.map((file_id) => ({ type: 'input_file', file_id }))),
      RESPONSES_PLACES,
    ],
    [
      'names ours where no file belongs',
      { messages: [{ role: 'user', content: PDF }], user: PDF },
      CHAT_PLACES,
    ],
    [
      'has ours in what a tool is called with',
      inMessage({ type: 'tool_use', input: { source: { type: 'file', file_id: PDF } } }),
      MESSAGES_PLACES,
    ],
    ['is none', { messages: PDF }, CHAT_PLACES],
  ])('that %s stays the very same, without a promise', (_, body, places) => {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    expect(inlineFiles(bytes, places, options)).toBe(bytes);
  });

  it('that is no JSON is left to be refused', () => {
    const bytes = new TextEncoder().encode(`{"file-0`);
    expect(inlineFiles(bytes, CHAT_PLACES, options)).toBe(bytes);
  });

  it('that names an unknown file says where', async () => {
    const unknown = { type: 'file', file: { file_id: 'file-01k00000000000000000000000' } };
    const asked = inMessage({ type: 'text', text: 'x' }, { type: 'file', file: { file_id: PDF } }, unknown);
    await expect(inlined(asked, CHAT_PLACES)).rejects.toMatchObject({
      code: 'not_found',
      param: 'messages[0].content[2].file.file_id',
    });
  });

  it('is limited with its files, each as often as it is named, before they are read', async () => {
    const part = { type: 'file', file: { file_id: PDF } };
    const body = inMessage(part, part);
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    // 9 bytes are 12 in base64.
    const within = { find, maxBytes: bytes.byteLength + 24 };
    await inlineFiles(bytes, CHAT_PLACES, within);
    const over = { find, maxBytes: bytes.byteLength + 23 };
    await expect(inlineFiles(bytes, CHAT_PLACES, over)).rejects.toMatchObject({
      code: 'request_too_large',
      param: 'messages[0].content[1].file.file_id',
    });
  });
});
