/** `gemini-2.5-pro` is short for `models/gemini-2.5-pro`; a tuned model is given with its collection. */
export function resource(model: string): string {
  const path = model.includes('/') ? model : `models/${model}`;
  return path.split('/').map(encodeURIComponent).join('/');
}
