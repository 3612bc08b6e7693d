import type { $ZodIssue } from 'zod/v4/core';
import { GatewayError } from './errors.ts';
import { notAnObject } from './json-body.ts';

/**
 * What is wrong with input that a schema refused, in our words: the parameter by its path, and what is
 * expected of it. Holds nothing of the value, which may be a secret.
 * @param input what was checked; tells what is missing from what is of a wrong type.
 */
export function inputError(issue: $ZodIssue | undefined, input: unknown): GatewayError {
  if (!issue) return new GatewayError('invalid_value');
  if (issue.code === 'unrecognized_keys') {
    const param = nameOf([...issue.path, issue.keys[0] ?? '']);
    return new GatewayError('unsupported_parameter', {
      param,
      message: `${param} is not a known parameter here.`,
    });
  }
  if (issue.code === 'invalid_union') {
    // The branch for values of this type says what is wrong with this one.
    const first = issue.errors.find(([one]) => one && !isWrongType(one))?.[0];
    if (first) return inputError({ ...first, path: [...issue.path, ...first.path] }, input);
  }
  const param = nameOf(issue.path);
  if (param === '' && issue.code === 'invalid_type' && issue.expected === 'object') return notAnObject();
  const name = param === '' ? 'The request body' : param;
  if (issue.path.length > 0 && valueAt(input, issue.path) === undefined) {
    return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
  }
  const details = param === '' ? {} : { param };
  if (issue.code === 'invalid_type') {
    return new GatewayError('invalid_type', {
      ...details,
      message: `${name} must be ${article(issue.expected)}.`,
    });
  }
  return new GatewayError('invalid_value', { ...details, message: `${name} ${expectation(issue)}.` });
}

/** Whether a value is of another type as a whole, and not in one of its parts. */
function isWrongType({ code, path }: $ZodIssue): boolean {
  return code === 'invalid_type' && path.length === 0;
}

/** `endpoints[0].price.input` */
function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function expectation(issue: $ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'must not be empty'
        : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_format':
      return issue.pattern ? `must look like ${issue.pattern}` : `must be a valid ${issue.format}`;
    default:
      return 'has a value that is not accepted';
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' items long' : '';
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}
