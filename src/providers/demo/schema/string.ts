import { asNumber, asString, type JsonObject } from '../../../lib/json.ts';

/** The longest string that is made of the user's words. */
const MAX_FREE_TEXT = 80;
/** A schema that wants longer strings than an answer can be does not get them. */
const MAX_LENGTH = 65_536;

/** An example of each format of JSON Schema that tools use. */
const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'demo@example.com',
  hostname: 'example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '123e4567-e89b-42d3-a456-426614174000',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

/** Spellings that common patterns ask for: codes, numbers, identifiers, dates. */
const BY_PATTERN: readonly string[] = [
  ...Object.values(BY_FORMAT),
  ...['a', 'A', '1', 'ab', 'AB', '12', 'abc', 'ABC', '123', '1234', '12345', 'A1', 'AB12', 'ABC-123'],
  ...[
    'example',
    'Example',
    'EXAMPLE',
    'example-1',
    'example_1',
    '#a1b2c3',
    '12:00',
    '1.0.0',
    '+15550100',
    '/a',
  ],
];

/** A string that fits the format, pattern and lengths of a schema; where it is free, made of the text. */
export function exampleString(schema: JsonObject, text: string): string {
  const least = Math.min(asNumber(schema.minLength) ?? 0, MAX_LENGTH);
  const most = asNumber(schema.maxLength) ?? Number.POSITIVE_INFINITY;
  const format = asString(schema.format);
  const formatted = format !== undefined && Object.hasOwn(BY_FORMAT, format) ? BY_FORMAT[format] : undefined;
  const free = sized(text.trim() || 'example', least, Math.min(most, Math.max(MAX_FREE_TEXT, least)));
  const pattern = asString(schema.pattern);
  if (pattern === undefined) return formatted ?? free;
  const fits = matcher(pattern);
  const known = [...(formatted === undefined ? [] : [formatted]), free, ...BY_PATTERN];
  return (
    known.find((candidate) => candidate.length >= least && candidate.length <= most && fits(candidate)) ??
    free
  );
}

/** The text cut or repeated to a length between the two, in characters as JSON Schema counts them. */
function sized(text: string, least: number, most: number): string {
  const characters = [...text];
  if (characters.length < least)
    return [...text.repeat(Math.ceil(least / characters.length))].slice(0, least).join('');
  return characters.slice(0, most).join('');
}

function matcher(pattern: string): (candidate: string) => boolean {
  try {
    const expression = new RegExp(pattern, 'u');
    return (candidate) => expression.test(candidate);
  } catch {
    return () => false;
  }
}
