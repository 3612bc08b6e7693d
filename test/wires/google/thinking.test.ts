import { describe, expect, it } from 'vitest';
import { asObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { encode } from './support.ts';

const FLASH = 'gemini-2.5-flash';
const PRO = 'gemini-2.5-pro';
const THREE_FLASH = 'gemini-3-flash-preview';
const THREE_PRO = 'gemini-3.1-pro-preview';

function thinking(fields: JsonObject, model: string): [Json | undefined, readonly string[]] {
  const { body, dropped } = encode({ messages: [{ role: 'user', content: 'hi' }], ...fields }, model);
  return [asObject(body.generationConfig)?.thinkingConfig, dropped];
}

const shown = { includeThoughts: true };

describe('reasoning', () => {
  it.each<[JsonObject, string, Json | undefined, string[]]>([
    // Nothing asked, nothing set.
    [{}, FLASH, undefined, []],
    [{}, THREE_PRO, undefined, []],
    // Google's own table, https://ai.google.dev/gemini-api/docs/openai#thinking
    [{ reasoning_effort: 'minimal' }, FLASH, { thinkingBudget: 1024, ...shown }, []],
    [{ reasoning_effort: 'low' }, FLASH, { thinkingBudget: 1024, ...shown }, []],
    [{ reasoning_effort: 'medium' }, PRO, { thinkingBudget: 8192, ...shown }, []],
    [{ reasoning_effort: 'high' }, PRO, { thinkingBudget: 24576, ...shown }, []],
    [{ reasoning_effort: 'minimal' }, THREE_FLASH, { thinkingLevel: 'minimal', ...shown }, []],
    [{ reasoning_effort: 'minimal' }, THREE_PRO, { thinkingLevel: 'low', ...shown }, []],
    [{ reasoning_effort: 'low' }, THREE_PRO, { thinkingLevel: 'low', ...shown }, []],
    [{ reasoning_effort: 'medium' }, THREE_PRO, { thinkingLevel: 'medium', ...shown }, []],
    [{ reasoning_effort: 'medium' }, 'gemini-3-pro-preview', { thinkingLevel: 'high', ...shown }, []],
    [{ reasoning: { effort: 'high' } }, THREE_FLASH, { thinkingLevel: 'high', ...shown }, []],
    [{ reasoning: { effort: 'low' } }, 'gemini-flash-latest', { thinkingLevel: 'low', ...shown }, []],
    // More than there is: the most, and said.
    [{ reasoning_effort: 'xhigh' }, THREE_PRO, { thinkingLevel: 'high', ...shown }, ['reasoning_effort']],
    [{ reasoning: { effort: 'xhigh' } }, PRO, { thinkingBudget: 24576, ...shown }, ['reasoning']],
    // Off where it can be, else the least, and said.
    [{ reasoning_effort: 'none' }, FLASH, { thinkingBudget: 0 }, []],
    [{ reasoning: { enabled: false } }, FLASH, { thinkingBudget: 0 }, []],
    [{ reasoning_effort: 'none' }, PRO, { thinkingBudget: 128 }, ['reasoning_effort']],
    [{ reasoning: { enabled: false } }, THREE_FLASH, { thinkingLevel: 'minimal' }, ['reasoning']],
    [{ reasoning: { effort: 'none' } }, THREE_PRO, { thinkingLevel: 'low' }, ['reasoning']],
    // A budget is a budget.
    [{ reasoning: { max_tokens: 2000 } }, FLASH, { thinkingBudget: 2000, ...shown }, []],
    [{ reasoning: { max_tokens: 2000 } }, THREE_PRO, { thinkingBudget: 2000, ...shown }, []],
    [
      { reasoning: { max_tokens: 2000, effort: 'low' } },
      FLASH,
      { thinkingBudget: 2000, ...shown },
      ['reasoning'],
    ],
    [{ reasoning: { enabled: true } }, FLASH, { thinkingBudget: -1, ...shown }, []],
    [{ reasoning: { enabled: true } }, THREE_PRO, shown, []],
    [{ reasoning: { effort: 'low', exclude: true } }, FLASH, { thinkingBudget: 1024 }, []],
    [{ reasoning: { exclude: true } }, THREE_PRO, undefined, []],
    // Two wishes: the richer field wins.
    [
      { reasoning: { effort: 'low' }, reasoning_effort: 'high' },
      THREE_PRO,
      { thinkingLevel: 'low', ...shown },
      ['reasoning_effort'],
    ],
    // A model that does not think.
    [{ reasoning_effort: 'high' }, 'gemini-2.0-flash', undefined, ['reasoning_effort']],
    [{ reasoning: { enabled: false } }, 'gemini-2.0-flash', undefined, []],
    // The API's own words win.
    [
      { reasoning_effort: 'high', thinkingConfig: { thinkingBudget: 1 } },
      FLASH,
      { thinkingBudget: 1 },
      ['reasoning_effort'],
    ],
  ])('%j for %s', (fields, model, config, dropped) => {
    expect(thinking(fields, model)).toEqual([config, dropped]);
  });

  it('refuses an effort that is none', () => {
    expect(() => thinking({ reasoning_effort: 'huge' }, FLASH)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'reasoning_effort' }),
    );
    expect(() => thinking({ reasoning: { max_tokens: 'many' } }, FLASH)).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'reasoning.max_tokens' }),
    );
  });
});
