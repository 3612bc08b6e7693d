import { describe, expect, it } from 'vitest';
import { foldName, nearestNames } from '../../src/registry/names.ts';

describe('names', () => {
  it('are equal whatever their case, dots or dashes', () => {
    for (const name of ['gemini-2.5-flash', 'Gemini-2-5-Flash', ' gemini-2.5-flash ']) {
      expect(foldName(name)).toBe('gemini-2-5-flash');
    }
    expect(foldName('a/b')).not.toBe(foldName('a-b'));
  });

  it('are suggested by likeness', () => {
    const names = ['openai/gpt-4o', 'openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5', 'gpt-4o'];
    expect(nearestNames('gpt4o', names, 1)).toEqual(['gpt-4o']);
    expect(nearestNames('claude-sonet-4.5', names, 2)).toEqual(['anthropic/claude-sonnet-4-5']);
    expect(nearestNames('zzz', names, 3)).toEqual([]);
  });

  it('are compared quickly, however long the asked one is', () => {
    expect(nearestNames(`gpt-4o${'xyz'.repeat(10_000_000)}`, ['gpt-4o'], 1)).toEqual(['gpt-4o']);
  });
});
