import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { encode, list } from './support.ts';

function block(part: Json): JsonObject {
  const { body } = encode({ messages: [{ role: 'user', content: [part] }] });
  return list(list(body.messages)[0]?.content)[0] ?? {};
}

const PDF = 'JVBERi0xLjQK';

describe('content', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'an image by URL',
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'auto' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      'an image by URL, short form',
      { type: 'image_url', image_url: 'https://example.com/a.png' },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      'an image by data',
      {
        type: 'image_url',
        image_url: { url: 'data:image/webp;base64,UklGRg==' },
        cache_control: { type: 'ephemeral' },
      },
      {
        type: 'image',
        source: { type: 'base64', media_type: 'image/webp', data: 'UklGRg==' },
        cache_control: { type: 'ephemeral' },
      },
    ],
    [
      'a PDF as data URL',
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: PDF },
        title: 'a.pdf',
      },
    ],
    [
      'a PDF as bare base64, told by its signature',
      { type: 'file', file: { file_data: PDF } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
    ],
    [
      'a PDF as bare base64, told by its name',
      { type: 'file', file: { file_data: 'AAAA', filename: 'Report.PDF' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
        title: 'Report.PDF',
      },
    ],
    [
      'a PDF by URL',
      { type: 'file', file: { file_data: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ],
    [
      'a text as data URL',
      { type: 'file', file: { filename: 'a.csv', file_data: 'data:text/csv;charset=utf-8;base64,w6QsMQ==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ä,1' }, title: 'a.csv' },
    ],
    [
      'a text as percent-encoded data URL',
      { type: 'file', file: { file_data: 'data:,a%20b,c' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a b,c' } },
    ],
    [
      'a text as bare base64, told by its name',
      { type: 'file', file: { filename: 'a.md', file_data: 'IyBB' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# A' }, title: 'a.md' },
    ],
    [
      "a block of the API's own",
      { type: 'document', source: { type: 'content', content: 'x' }, citations: { enabled: true } },
      { type: 'document', source: { type: 'content', content: 'x' }, citations: { enabled: true } },
    ],
  ])('%s', (_, part, expected) => {
    expect(block(part)).toEqual(expected);
  });

  test.each<[string, JsonObject, string, string]>([
    [
      'audio',
      { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } },
      'unsupported_parameter',
      '',
    ],
    [
      'video',
      { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
      'unsupported_parameter',
      '',
    ],
    ['a file by id', { type: 'file', file: { file_id: 'file-1' } }, 'unsupported_parameter', '.file'],
    [
      'an office document',
      { type: 'file', file: { filename: 'a.docx', file_data: 'data:application/msword;base64,AAAA' } },
      'unsupported_parameter',
      '.file',
    ],
    [
      'bytes of no known kind',
      { type: 'file', file: { file_data: 'AAAA' } },
      'unsupported_parameter',
      '.file',
    ],
    [
      'text that is not UTF-8',
      { type: 'file', file: { file_data: 'data:text/plain;base64,/w==' } },
      'invalid_value',
      '.file.file_data',
    ],
    [
      'an image that is not base64',
      { type: 'image_url', image_url: { url: 'data:image/svg+xml,<svg/>' } },
      'invalid_value',
      '.image_url.url',
    ],
    ['an image without URL', { type: 'image_url', image_url: {} }, 'invalid_value', '.image_url.url'],
  ])('%s is refused by its place', (_, part, code, where) => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'user', content: [{ type: 'text', text: 'a' }, part] },
    ];
    expect(() => encode({ messages })).toThrow(
      expect.objectContaining({ code, param: `messages[1].content[1]${where}` }),
    );
  });

  test('instructions can only be text', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    expect(() => encode({ messages: [{ role: 'system', content: [image] }] })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'messages[0].content' }),
    );
  });

  test('the detail of an image is reported when it asks for something', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } };
    expect(encode({ messages: [{ role: 'user', content: [image] }] }).dropped).toEqual([
      'messages.content.image_url.detail',
    ]);
  });
});
