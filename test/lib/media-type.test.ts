import { describe, expect, it } from 'vitest';
import { mediaTypeOf, sniffMediaType } from '../../src/lib/media-type.ts';

describe('the media type of a file', () => {
  it.each([
    ['Text/HTML; charset=utf-8', 'a.pdf', 'text/html'],
    ['application/octet-stream', 'a.PDF', 'application/pdf'],
    [null, 'notes.md', 'text/markdown'],
    [null, 'batch.jsonl', 'application/jsonl'],
    [null, 'README', 'application/octet-stream'],
    [null, 'a.constructor', 'application/octet-stream'],
    ['nonsense', 'a.png', 'image/png'],
    ['text/plain\r\nx: y', 'a', 'application/octet-stream'],
  ])('declared as %s, named %s', (declared, name, type) => {
    expect(mediaTypeOf(declared, name)).toBe(type);
  });

  it.each([
    ['%PDF-1.7\n', 'application/pdf'],
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['RIFF\x10\0\0\0WEBPVP8 ', 'image/webp'],
    ['hello', null],
    ['', null],
  ])('shows in its bytes: %j', (text, type) => {
    expect(sniffMediaType(Uint8Array.from(text, (character) => character.charCodeAt(0)))).toBe(type);
  });
});
