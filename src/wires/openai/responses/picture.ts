import { asString, type Json } from '../../../lib/json.ts';

/** The address of a picture of an `image_generation_call`: it comes as Base64, from some hosts as an address. */
export function pictureUrl(result: string, format: Json | undefined): string {
  if (/^(data:|https?:)/.test(result)) return result;
  return `data:image/${asString(format) ?? 'png'};base64,${result}`;
}
