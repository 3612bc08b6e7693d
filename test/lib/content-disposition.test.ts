import { describe, expect, it } from 'vitest';
import { attachment, parsePartDisposition } from '../../src/lib/content-disposition.ts';

describe('the disposition of a part', () => {
  it.each([
    ['form-data; name="purpose"', 'purpose', null],
    ['form-data; name=purpose', 'purpose', null],
    ['Form-Data;name="file";filename="a.txt"', 'file', 'a.txt'],
    ['form-data; name="file"; filename="a;b=c.txt"', 'file', 'a;b=c.txt'],
    ['form-data; name="file"; filename="文書 é😀.pdf"', 'file', '文書 é😀.pdf'],
    // As browsers, curl, and older clients write a quote.
    ['form-data; name="file"; filename="a%22b.txt"', 'file', 'a"b.txt'],
    ['form-data; name="file"; filename="a\\"b.txt"', 'file', 'a"b.txt'],
    ['form-data; name="file"; filename="100%.txt"', 'file', '100%.txt'],
    ['form-data; name="file"; filename="C:\\dir\\a.txt"', 'file', 'C:\\dir\\a.txt'],
    ['form-data; name="file"; filename="C:\\dir\\"', 'file', 'C:\\dir\\'],
    ['form-data; name="file"; filename="a%0D%0Ab"', 'file', 'a\r\nb'],
    ['form-data; name="file"; filename=""', 'file', ''],
    ['form-data; filename=a.txt; name=file', 'file', 'a.txt'],
    [`form-data; name="file"; filename="x"; filename*=UTF-8''na%C3%AFve.txt`, 'file', 'naïve.txt'],
    [`form-data; name="file"; filename*=utf-8'en'na%C3%AFve.txt`, 'file', 'naïve.txt'],
    ['form-data; name="expires_after[anchor]"', 'expires_after[anchor]', null],
  ])('%s', (header, name, filename) => {
    expect(parsePartDisposition(header)).toEqual({ name, filename });
  });

  it.each([
    '',
    'form-data',
    'attachment; name="file"',
    'form-data; filename="a"',
    'form-data; name="file"; filename="a',
    'form-data; name="file" nonsense',
    `form-data; name="file"; filename*=UTF-8''%ff`,
    `form-data; name="file"; filename*=latin1''a`,
  ])('cannot be read: %s', (header) => {
    expect(parsePartDisposition(header)).toBeNull();
  });
});

describe('an attachment', () => {
  it.each([
    ['a b.txt', 'attachment; filename="a b.txt"'],
    ['naïve.txt', `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`],
    ['a"b\\c.txt', `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b%5Cc.txt`],
    [`it's (1)*.txt`, `attachment; filename="it's (1)*.txt"`],
    [`é'(1)*`, `attachment; filename="_'(1)*"; filename*=UTF-8''%C3%A9%27%281%29%2A`],
    [
      'a\r\nset-cookie: b',
      `attachment; filename="a__set-cookie: b"; filename*=UTF-8''a%0D%0Aset-cookie%3A%20b`,
    ],
    ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])('of the name %j is safe in a header', (name, header) => {
    expect(attachment(name)).toBe(header);
    expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(header);
  });
});
