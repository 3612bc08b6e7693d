import { GatewayError } from '../../errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../../lib/json.ts';
import { type FormFile, type FormPart, isFile } from '../../lib/multipart/types.ts';
import { EXTENSIONS } from '../../wires/extensions.ts';
import type { PlainKind, PlainRequest } from '../../wires/types.ts';
import type { Control } from '../types.ts';
import type { ReadHeader } from './control.ts';
import { readPlainRequest } from './request.ts';

/** How the fields of a form are read; those not named are text, and stand once. */
export interface FormShape {
  numbers?: readonly string[];
  booleans?: readonly string[];
  /** May stand several times, with `[]` behind the name or without. */
  lists?: readonly string[];
  /** Are files, and demanded. */
  files: readonly string[];
  /** Are files, and may be absent. */
  optionalFiles?: readonly string[];
}

const OWN = new Set<string>(EXTENSIONS);

/**
 * Reads a request that came as a form. The gateway's own members are fields of JSON text (`provider={"sort":"price"}`)
 * or in the brackets of the SDKs (`models[]=a`, `policy[slo_ms]=500`).
 * @throws GatewayError as `readPlainRequest`; `missing_parameter`, `invalid_type`, `invalid_value` for parts that are
 *   not there, not of their type, empty, or there twice.
 */
export function readFormRequest(
  kind: PlainKind,
  parts: readonly FormPart[],
  shape: FormShape,
  readHeader?: ReadHeader,
): { request: PlainRequest; control: Control } {
  const body: JsonObject = {};
  const seen = new Set<string>();
  const fileNames = [...shape.files, ...(shape.optionalFiles ?? [])];
  for (const part of parts) {
    const [root, ...steps] = stepsOf(part.name);
    const isList = steps.at(-1) === '' || shape.lists?.includes(root) === true;
    if (!isList && seen.has(part.name)) throw wrong('invalid_value', root, 'stands twice in the form');
    seen.add(part.name);
    if (isFile(part)) {
      if (fileNames.includes(root) && part.bytes.byteLength === 0) {
        throw wrong('invalid_value', root, 'is an empty file');
      }
    } else if (fileNames.includes(root)) {
      throw wrong('invalid_type', root, 'must be a file: a part of the form that has a file name');
    } else {
      place(
        body,
        [root, ...(isList && steps.at(-1) !== '' ? [...steps, ''] : steps)],
        typed(part, root, shape),
      );
    }
  }
  for (const name of shape.files) {
    if (!filesOf(parts, name)[0]) throw wrong('missing_parameter', name, 'is required: a file');
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const { request, control } = readPlainRequest(kind, bytes, readHeader, true);
  const form = parts.filter(({ name }) => !OWN.has(stepsOf(name)[0]));
  return { request: { ...request, form }, control };
}

/** The files of a form by their name, with or without `[]`. */
export function filesOf(parts: readonly FormPart[], name: string): FormFile[] {
  return parts.filter(isFile).filter((file) => stepsOf(file.name)[0] === name);
}

/** `a[b][]` → `a`, `b`, ``. Names that are no such thing are themselves. */
function stepsOf(name: string): [root: string, ...steps: string[]] {
  const [, root, brackets] = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(name) ?? [];
  if (root === undefined || brackets === undefined) return [name];
  return [root, ...brackets.slice(1, -1).split('][')];
}

function typed({ name, value }: { name: string; value: string }, root: string, shape: FormShape): Json {
  if (OWN.has(root)) return ownValue(name, value);
  if (shape.booleans?.includes(root)) {
    if (value !== 'true' && value !== 'false') throw wrong('invalid_type', root, 'must be true or false');
    return value === 'true';
  }
  if (shape.numbers?.includes(root)) {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) throw wrong('invalid_type', root, 'must be a number');
    return number;
  }
  return value;
}

/** What is JSON is taken as such; words are words. */
function ownValue(name: string, value: string): Json {
  const parsed = parseJson(value);
  if (parsed === undefined && /^\s*[{[]/.test(value)) throw wrong('invalid_value', name, 'is not valid JSON');
  return parsed ?? value;
}

/** Puts a value where its name says. A name that contradicts another before it is a value of its own. */
function place(body: JsonObject, [first = '', ...rest]: readonly string[], value: Json): void {
  let at: JsonObject | Json[] = body;
  let step = first;
  for (const next of rest) {
    let inner: Json | undefined = Array.isArray(at) ? undefined : own(at, step);
    if (next === '' ? !Array.isArray(inner) : !isObject(inner)) inner = next === '' ? [] : {};
    put(at, step, inner as Json);
    at = inner as JsonObject | Json[];
    step = next;
  }
  put(at, step, value);
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function put(at: JsonObject | Json[], step: string, value: Json): void {
  if (Array.isArray(at)) at.push(value);
  else Object.defineProperty(at, step, { value, enumerable: true, configurable: true, writable: true });
}

function wrong(
  code: 'missing_parameter' | 'invalid_type' | 'invalid_value',
  param: string,
  what: string,
): GatewayError {
  return new GatewayError(code, { param, message: `${param} ${what}.` });
}
