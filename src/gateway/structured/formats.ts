import { format as known } from '@cfworker/json-schema';

/**
 * The formats that strings are held against: those of JSON Schema that providers know too. A format that is not
 * here is an annotation, as the standard has it (https://json-schema.org/draft/2020-12/json-schema-validation#section-7.2).
 */
const HELD = [
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'uri',
  'uri-reference',
  'json-pointer',
] as const;

/** What is longer is not held against a format: no address, date or name is. Characters. */
const LONGEST = 8_192;

/** How strings are held against a format; null for an annotation. */
export function formatTest(name: string): ((text: string) => boolean) | null {
  const held = HELD.find((one) => one === name);
  const test = held && known[held];
  return test ? (text) => text.length > LONGEST || test(text) : null;
}
