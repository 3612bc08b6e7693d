import { describe, expect, it } from 'vitest';
import { readPdfText } from '../../../src/gateway/documents/pdf-text.ts';
import { readableRequest } from '../../../src/gateway/documents/readable.ts';
import { readChatRequest } from '../../../src/gateway/requests/request.ts';
import type { Candidate } from '../../../src/gateway/types.ts';
import type { Modality } from '../../../src/registry/types.ts';

/** A PDF of these pages, written by hand as the format says (ISO 32000-1, §7.5). */
function pdf(pages: string[]): Uint8Array {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((text, index) => {
      const stream = text === '' ? '' : `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + index * 2} 0 R
           /Resources << /Font << /F1 3 0 R >> >> >>`,
        `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
      ];
    }),
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const xref = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${xref}`;
  body += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.indexOf('xref\n')}\n%%EOF`;
  return new TextEncoder().encode(body);
}

const dataUrl = (bytes: Uint8Array) => `data:application/pdf;base64,${Buffer.from(bytes).toString('base64')}`;

function request(data: string) {
  const body = {
    model: 'm',
    workflow: 'w',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What does it say?' },
          { type: 'file', file: { filename: 'a "quoted" name.pdf', file_data: data } },
        ],
      },
    ],
  };
  return readChatRequest(new TextEncoder().encode(JSON.stringify(body))).request;
}

function candidate(takes: Modality[], attachments: boolean | undefined): Candidate {
  return {
    model: { inputModalities: takes },
    target: { capabilities: attachments === undefined ? {} : { attachments } },
  } as unknown as Candidate;
}

const TEXT_ONLY = candidate(['text'], false);

describe('the text of a PDF', () => {
  it('is read page by page', async () => {
    const { text, ...rest } = await readPdfText(pdf(['First page', 'Second page']));
    expect(text.split(/\n+/)).toEqual(['First page', 'Second page']);
    expect(rest).toEqual({ pages: 2, totalPages: 2, truncated: false });
  });

  it('is cut after two hundred pages, and that is said', async () => {
    const found = await readPdfText(pdf(Array.from({ length: 205 }, (_, index) => `Page ${index + 1}`)));
    expect(found).toMatchObject({ pages: 200, totalPages: 205, truncated: true });
    expect(found.text).toContain('Page 200');
    expect(found.text).not.toContain('Page 201');
  });
});

describe('a request with a PDF', () => {
  it('is put into words for a model that reads none, once, and that is told', async () => {
    const given = request(dataUrl(pdf(['The answer is 42.'])));
    const readable = readableRequest(TEXT_ONLY, given);
    const { request: changed, conversions } = (await readable) ?? {};
    expect(conversions).toEqual([
      {
        kind: 'pdf_text',
        param: 'messages[1].content[1].file',
        pages: 1,
        total_pages: 1,
        characters: 17,
        truncated: false,
      },
    ]);
    const body = JSON.parse(new TextDecoder().decode(changed?.bytes));
    expect(body).toEqual(changed?.body());
    expect(body.messages[1].content).toEqual([
      { type: 'text', text: 'What does it say?' },
      { type: 'text', text: 'Document "a \\"quoted\\" name.pdf":\n\nThe answer is 42.' },
    ]);
    expect(body.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    // The gateway's own fields are gone, and the request that came in is as it was.
    expect(body.workflow).toBeUndefined();
    expect(JSON.stringify(given.body())).toContain('application/pdf');
    expect(readableRequest(TEXT_ONLY, given)).toBe(readable);
  });

  it('goes as it is to a model that reads PDFs, or of which nothing is known', () => {
    const given = request(dataUrl(pdf(['x'])));
    expect(readableRequest(candidate(['text', 'pdf'], true), given)).toBeNull();
    expect(readableRequest(candidate(['text'], undefined), given)).toBeNull();
  });

  it('costs nothing where there is none', () => {
    const plain = readChatRequest(
      new TextEncoder().encode('{"model":"m","messages":[{"role":"user","content":"hi"}]}'),
    ).request;
    expect(readableRequest(TEXT_ONLY, plain)).toBeNull();
  });

  it('that only speaks of PDFs is not changed', async () => {
    const spoken = readChatRequest(
      new TextEncoder().encode(
        '{"model":"m","messages":[{"role":"user","content":"what is application/pdf?"}]}',
      ),
    ).request;
    const { request: same, conversions } = (await readableRequest(TEXT_ONLY, spoken)) ?? {};
    expect(same).toBe(spoken);
    expect(conversions).toEqual([]);
  });

  it.each([
    ['damaged', 'data:application/pdf;base64,bm8gcGRm', 'is no PDF that can be read'],
    ['of pictures alone', dataUrl(pdf([''])), 'holds no text'],
    ['too large', `data:application/pdf;base64,${'A'.repeat(29 * 1024 * 1024)}`, 'is larger than 20 MB'],
  ])('that is %s is refused by its place', async (_, data, message) => {
    await expect(readableRequest(TEXT_ONLY, request(data))).rejects.toMatchObject({
      code: 'invalid_value',
      param: 'messages[1].content[1].file',
      message: expect.stringContaining(message),
    });
  });
});
