import { describe, expect, it } from 'vitest';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { answerLine, errorLine, stoppedLine } from '../../src/batches/lines/error-line.ts';

const BATCH = { batchId: 'batch_1', createdAt: 1_700_000_000_000 };
const NAMED = { line: 7, customId: 'a"b', attempt: 1 };

describe('the id of a line’s generation', () => {
  it('is the same whenever it is asked for, and another for each batch, line and attempt', () => {
    const id = generationIdOf(BATCH, 7, 1);
    expect(id).toMatch(/^gen_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(generationIdOf(BATCH, 7, 1)).toBe(id);
    const others = [
      generationIdOf(BATCH, 7, 2),
      generationIdOf(BATCH, 71, 1),
      generationIdOf(BATCH, 8, 1),
      generationIdOf({ ...BATCH, batchId: 'batch_2' }, 7, 1),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });
});

describe('a line of results', () => {
  it('holds the answer as it was written, on one line', () => {
    const body = '{\r\n  "n": 12345678901234567890,\n  "text": "a\\nb"\n}';
    const text = answerLine(BATCH, NAMED, { status: 201, requestId: 'req_1', body });
    expect(text).not.toMatch(/[\r\n]/);
    expect(text).toContain('12345678901234567890');
    expect(JSON.parse(text)).toEqual({
      id: expect.stringMatching(/^batch_req_[0-9a-z]{26}$/),
      custom_id: 'a"b',
      response: { status_code: 201, request_id: 'req_1', body: { n: expect.any(Number), text: 'a\nb' } },
      error: null,
    });
    expect(JSON.parse(text).id.slice('batch_req_'.length)).toBe(generationIdOf(BATCH, 7, 1).slice(4));
  });

  it('says why there is no answer, and of which line', () => {
    const fault = { code: 'invalid_url', message: 'No.', param: 'url' };
    expect(JSON.parse(errorLine(BATCH, { ...NAMED, customId: null }, fault))).toEqual({
      id: expect.stringMatching(/^batch_req_/),
      custom_id: null,
      response: null,
      error: { code: 'invalid_url', message: 'No.', param: 'url', line: 7 },
    });
    const codes = (['expired', 'cancelled'] as const).map(
      (reason) => JSON.parse(stoppedLine(BATCH, NAMED, reason)).error.code,
    );
    expect(codes).toEqual(['batch_expired', 'batch_cancelled']);
  });
});
