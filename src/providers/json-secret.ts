import { asObject, type JsonObject, parseJson } from '../lib/json.ts';

/** A secret that is a JSON object, as its text or that in base64; undefined for any other. */
export function readJsonSecret(secret: string): JsonObject | undefined {
  return asObject(parseJson(secret)) ?? asObject(parseJson(fromBase64(secret)));
}

function fromBase64(text: string): string {
  try {
    return atob(text.trim());
  } catch {
    return '';
  }
}
