import { describe, expect, it } from 'vitest';
import { attachment } from '../../src/lib/content-disposition.ts';

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
