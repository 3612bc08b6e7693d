import { describe, expect, it } from 'vitest';
import { matchesModel } from '../../src/lib/model-glob.ts';

describe('a glob over models', () => {
  it.each([
    ['*', 'openai/gpt-5', true],
    ['openai/*', 'openai/gpt-5', true],
    ['openai/*', 'openai-labs/gpt-5', false],
    ['openai/gpt-5', 'openai/gpt-5', true],
    ['openai/gpt-5', 'openai/gpt-5-mini', false],
    ['*/gpt-5', 'openai/gpt-5', true],
    ['*mini', 'openai/gpt-5', false],
    ['anthropic/claude-*-4.5', 'anthropic/claude-haiku-4-5', true],
    ['Anthropic/*Sonnet*', 'anthropic/claude-sonnet-4-5', true],
    ['a*bc', 'abc', true],
    ['ab*bc', 'abc', false],
    ['*a*a*', 'ba', false],
    ['*ab*ab', 'xab', false],
    ['**', '', true],
    ['', 'a', false],
  ])('%s and %s: %s', (glob, id, means) => {
    expect(matchesModel(glob, id)).toBe(means);
  });

  it('takes every other character as it is', () => {
    expect(matchesModel('openai/(a|gpt)+', 'openai/gpt')).toBe(false);
    expect(matchesModel('openai/gpt-?', 'openai/gpt-5')).toBe(false);
    expect(matchesModel('openai/gpt-[5]', 'openai/gpt-[5]')).toBe(true);
  });

  it('is decided at once, however it is written', () => {
    const id = 'vendor/a-model-with-quite-a-long-name-of-many-parts-20260101';
    for (const piece of ['*?', '*a', '*-', '*[!x]']) {
      // A matcher that tries every way to divide the id among the stars would not come back.
      expect(matchesModel(`${piece.repeat(90)}!`, id)).toBe(false);
    }
  });
});
