import { asArray, asObject, type JsonObject } from '../lib/json.ts';
import type { Needs } from './types.ts';

/** What a request needs of whoever serves it, by the parts of its messages and by its parameters. */
export function needsOf(body: JsonObject, inputTokens: number): Needs {
  const needs: Needs = {
    images: false,
    audio: false,
    files: false,
    tools: asArray(body.tools).length > 0,
    schema: asObject(body.response_format)?.type === 'json_schema',
    inputTokens,
  };
  for (const message of asArray(body.messages)) {
    for (const part of asArray(asObject(message)?.content)) {
      switch (asObject(part)?.type) {
        case 'image_url':
          needs.images = true;
          break;
        case 'input_audio':
          needs.audio = true;
          break;
        case 'file':
          needs.files = true;
          break;
      }
    }
  }
  return needs;
}
