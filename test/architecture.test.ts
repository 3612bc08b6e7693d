import { describe, expect, it } from 'vitest';
import { SHIPPED_PROVIDERS } from '../src/providers/catalog.ts';

const sources = import.meta.glob<string>('../src/**/*.ts', { query: '?raw', eager: true, import: 'default' });

const WIRE_NAMES = ['openai', 'anthropic', 'google', 'bedrock', 'cohere'];

describe('the layout', () => {
  it('knows providers by name in providers/ and wires/ alone', () => {
    const names = [...SHIPPED_PROVIDERS.keys(), 'gemini', 'claude', 'demo'].filter(
      (name) => !WIRE_NAMES.includes(name),
    );
    const pattern = new RegExp(`['"\`/.](${names.join('|')})['"\`/.-]`, 'i');
    const found = Object.entries(sources)
      .filter(([path]) => !/\/src\/(providers|wires)\//.test(path))
      .flatMap(([path, text]) =>
        withoutComments(text)
          .split('\n')
          .filter((line) => pattern.test(line) && !line.includes('/providers/demo/'))
          .map((line) => `${path}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });

  it('compares no wire by name outside providers/, wires/ and the schema of the management API', () => {
    const pattern = new RegExp(
      `[=!]==? ?['"](${WIRE_NAMES.join('|')})['"]|case ['"](${WIRE_NAMES.join('|')})['"]`,
    );
    const found = Object.entries(sources)
      .filter(([path, text]) => !/\/src\/(providers|wires)\//.test(path) && pattern.test(text))
      .map(([path]) => path);
    expect(found).toEqual([]);
  });

  it('has files with one reason to exist', () => {
    const long = Object.entries(sources).filter(([, text]) => text.split('\n').length > 300);
    expect(long.map(([path]) => path)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
