import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { type FormShape, filesOf, readFormRequest } from '../../../src/gateway/requests/form-request.ts';
import type { FormPart } from '../../../src/lib/multipart/types.ts';

const SHAPE: FormShape = {
  files: ['file'],
  optionalFiles: ['mask'],
  numbers: ['n'],
  booleans: ['stream'],
  lists: ['include'],
};
const file = (name = 'file', size = 1): FormPart => ({
  name,
  filename: 'a.wav',
  type: null,
  bytes: new Uint8Array(size),
});
const field = (name: string, value: string): FormPart => ({ name, value });
const read = (...parts: FormPart[]) => readFormRequest('transcription', parts, SHAPE);

describe('a request that is a form', () => {
  it('has its fields as members, by their types', () => {
    const { request, control } = read(
      file(),
      field('model', 'm'),
      field('n', '2'),
      field('stream', 'true'),
      field('temperature', '0.2'),
      field('timestamp_granularities[]', 'word'),
      field('timestamp_granularities[]', 'segment'),
      field('include', 'logprobs'),
      field('include', 'more'),
      field('chunking_strategy[type]', 'server_vad'),
      field('odd[', 'x'),
    );
    expect(request.body()).toEqual({
      model: 'm',
      n: 2,
      stream: true,
      temperature: '0.2',
      timestamp_granularities: ['word', 'segment'],
      include: ['logprobs', 'more'],
      chunking_strategy: { type: 'server_vad' },
      'odd[': 'x',
    });
    expect(request.stream).toBe(true);
    expect(control).toMatchObject({ model: 'm', answers: 2 });
  });

  it('says to the gateway what it says in JSON, and sends none of that on', () => {
    const { request, control } = read(
      field('model', 'm'),
      field('models[]', 'a'),
      field('models[]', 'b'),
      field('provider', '{"order":["X"],"allow_fallbacks":false}'),
      field('policy[total_ms]', '500'),
      field('workflow', 'notes'),
      file(),
    );
    expect(control).toMatchObject({
      fallbackModels: ['a', 'b'],
      policy: { total_ms: 500 },
      workflow: 'notes',
    });
    expect(control.preferences).toMatchObject({ order: ['x'], allowFallbacks: false });
    expect(request.form?.map(({ name }) => name)).toEqual(['model', 'file']);
    expect(request.body()).toEqual({ model: 'm' });
  });

  it('takes names that objects have of themselves for names', () => {
    const { request } = read(
      field('model', 'm'),
      field('__proto__[x]', '1'),
      field('constructor', 'c'),
      file(),
    );
    expect(Object.getPrototypeOf(request.body())).toBe(Object.prototype);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(request.body().constructor).toBe('c');
  });

  it('finds files with brackets and without', () => {
    expect(
      filesOf([file('image[]'), file('image'), file('images'), field('image', '')], 'image'),
    ).toHaveLength(2);
  });

  it.each<[string, FormPart[], string, string]>([
    ['no file', [field('model', 'm')], 'missing_parameter', 'file'],
    ['no model', [file()], 'missing_parameter', 'model'],
    ['an empty file', [field('model', 'm'), file('file', 0)], 'invalid_value', 'file'],
    [
      'an empty file that may be absent',
      [field('model', 'm'), file(), file('mask', 0)],
      'invalid_value',
      'mask',
    ],
    ['a file that is text', [field('model', 'm'), field('file', 'RIFF')], 'invalid_type', 'file'],
    ['a field twice', [field('model', 'm'), field('model', 'n'), file()], 'invalid_value', 'model'],
    ['a file twice', [field('model', 'm'), file(), file()], 'invalid_value', 'file'],
    ['a number that is none', [field('model', 'm'), field('n', 'two'), file()], 'invalid_type', 'n'],
    ['a number that is nothing', [field('model', 'm'), field('n', ''), file()], 'invalid_type', 'n'],
    ['a flag that is none', [field('model', 'm'), field('stream', '1'), file()], 'invalid_type', 'stream'],
    ['JSON that is none', [field('model', 'm'), field('provider', '{'), file()], 'invalid_value', 'provider'],
    ['a wrong extension', [field('model', 'm'), field('models', 'x'), file()], 'invalid_type', 'models'],
  ])('is refused for %s', (_, parts, code, param) => {
    let thrown: unknown;
    try {
      read(...parts);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ code, param });
  });
});
