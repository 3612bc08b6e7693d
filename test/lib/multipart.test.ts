import { describe, expect, it } from 'vitest';
import { boundaryOf, readMultipart } from '../../src/lib/multipart/read.ts';
import type { FormPart } from '../../src/lib/multipart/types.ts';
import { writeMultipart } from '../../src/lib/multipart/write.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const read = (text: string, boundary = 'b') => readMultipart(bytesOf(text), boundary);
const part = (disposition: string, content: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;

describe('the boundary of a media type', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;charset=utf-8; Boundary="a b"', 'a b'],
    ['multipart/form-data; boundary=----WebKitFormBoundaryX', '----WebKitFormBoundaryX'],
    ['application/json', undefined],
    ['multipart/mixed; boundary=a', undefined],
    ['', undefined],
  ])('of %s is %s', (type, boundary) => expect(boundaryOf(type)).toBe(boundary));

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${'x'.repeat(71)}`,
    'multipart/form-data; boundary="trailing "',
  ])('of %s is an error', (type) => expect(() => boundaryOf(type)).toThrow(/boundary/));
});

describe('a form', () => {
  it('has its parts in their order, whatever is in them', () => {
    const body =
      'a preamble\r\n' +
      part('name="model"', 'whisper-1') +
      part('name="empty"', '') +
      part('name="file"; filename="a.wav"', 'RIFF\r\n--bx\r\n--\r\n\r\n', 'Content-Type: audio/wav\r\n') +
      '--b--\r\nan epilogue';
    expect(read(body)).toEqual([
      { name: 'model', value: 'whisper-1' },
      { name: 'empty', value: '' },
      { name: 'file', filename: 'a.wav', type: 'audio/wav', bytes: bytesOf('RIFF\r\n--bx\r\n--\r\n\r\n') },
    ]);
  });

  it('may have nothing in it, white space behind boundaries, and no last line end', () => {
    expect(read('--b--')).toEqual([]);
    expect(read('--b  \r\ncontent-disposition: form-data; name=x\r\n\r\n1\r\n--b--')).toEqual([
      { name: 'x', value: '1' },
    ]);
    // The empty line and the delimiter of a part without content may share a line end.
    expect(read('--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n--b--\r\n')).toEqual([
      { name: 'x', value: '' },
    ]);
  });

  it.each([
    ['filename="naïve 语音.wav"', 'naïve 语音.wav'],
    ['filename="C:\\dir\\a.wav"', 'C:\\dir\\a.wav'],
    ['filename="say \\"hi\\".wav"', 'say "hi".wav'],
    ['filename="a%22b.wav"', 'a"b.wav'],
    ['filename="100%.wav"', '100%.wav'],
    ['filename=plain.wav', 'plain.wav'],
    ['filename="a;b.wav"', 'a;b.wav'],
    ['filename=""', ''],
    [`filename="x"; filename*=UTF-8''na%C3%AFve.wav`, 'naïve.wav'],
    [`filename="x"; filename*=UTF-8''%E0%A4%A`, 'x'],
  ])('has files of odd names: %s', (disposition, filename) => {
    expect(read(`${part(`name="file"; ${disposition}`, 'x')}--b--`)).toEqual([
      { name: 'file', filename, type: null, bytes: bytesOf('x') },
    ]);
  });

  it.each([
    ['', 'it is empty'],
    ['nothing of the kind', 'the boundary that its content type names is not in it'],
    ['--other\r\n\r\n--other--', 'the boundary that its content type names is not in it'],
    ['--b', 'it ends before its last boundary'],
    ['--b\r\nContent-Disposition: form-data; name="x"', 'it ends before its last boundary'],
    [part('name="x"', 'cut').slice(0, -2), 'it ends before its last boundary'],
    [part('name="x"', 'cut'), 'it ends before its last boundary'],
    [`${part('name="x"', '1')}--b\r\n`, 'it ends before its last boundary'],
    [`${part('filename="x"', '1')}--b--`, 'a part has no name'],
    ['--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--', 'a part has no "Content-Disposition: form-data"'],
    [`--b\r\nX: ${'x'.repeat(17_000)}\r\n\r\n1\r\n--b--`, 'the headers of a part are too long'],
    [`${part('name="x"', '1').repeat(1001)}--b--`, 'it has more than 1000 parts'],
  ])('that is none is an error: %#', (body, message) => expect(() => read(body)).toThrow(message));

  it('is the same after it was written and read', () => {
    const parts: FormPart[] = [
      { name: 'a"b\r\nc', value: 'two\r\nlines' },
      {
        name: 'file',
        filename: '语音".wav',
        type: 'audio/wav',
        bytes: Uint8Array.of(0, 13, 10, 45, 45, 255),
      },
      { name: 'none', filename: '', type: 'application/octet-stream', bytes: new Uint8Array() },
    ];
    const { body, contentType } = writeMultipart(parts);
    expect(readMultipart(Buffer.concat(body), boundaryOf(contentType) ?? '')).toEqual(parts);
  });

  it('is written with a boundary that stands in none of its parts', () => {
    const first = writeMultipart([{ name: 'x', value: '' }]).contentType.split('=')[1] ?? '';
    const parts: FormPart[] = [
      { name: 'x', value: `\r\n--${first}--` },
      { name: 'y', filename: 'y', type: 'text/plain', bytes: bytesOf('z') },
    ];
    const { body, contentType } = writeMultipart(parts);
    expect(boundaryOf(contentType)).not.toBe(first);
    expect(readMultipart(Buffer.concat(body), boundaryOf(contentType) ?? '')).toEqual(parts);
  });

  it('is written without a copy of its files', () => {
    const bytes = new Uint8Array(100_000);
    const { body } = writeMultipart([{ name: 'f', filename: 'f', type: null, bytes }]);
    expect(body.filter((piece) => piece.buffer === bytes.buffer)).toEqual([bytes]);
    expect(body.reduce((sum, piece) => sum + piece.byteLength, 0)).toBeLessThan(bytes.byteLength + 300);
  });

  it('of any bytes comes back as it was', () => {
    let seed = 7;
    const random = () => {
      seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      return (seed >>> 0) / 2 ** 32;
    };
    // Of few kinds of bytes, so that what looks like a boundary is frequent.
    const alphabet = [13, 10, 45, 98, 0];
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(
        { length: Math.floor(random() * 40) },
        () => alphabet[Math.floor(random() * 5)] ?? 0,
      );
      const parts: FormPart[] = [{ name: 'f', filename: 'f', type: 'a/b', bytes }];
      const { body, contentType } = writeMultipart(parts);
      expect(readMultipart(Buffer.concat(body), boundaryOf(contentType) ?? '')).toEqual(parts);
    }
  });
});
