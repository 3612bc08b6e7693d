/** A body that is no whole form. The message says what is wrong with it, in words for its sender. */
export class MultipartError extends Error {
  override name = 'MultipartError';
}

/**
 * What the `Content-Disposition` of a part says.
 * @returns `filename` as its sender wrote it; null where the part is no file.
 * @throws MultipartError
 */
export function readDisposition(header: string): { name: string; filename: string | null } {
  if (!/^form-data\s*(;|$)/i.test(header)) {
    throw new MultipartError('a part has no "Content-Disposition: form-data"');
  }
  const parameters = parametersOf(header);
  const name = parameters.get('name');
  if (name === undefined || name === '') throw new MultipartError('a part has no name');
  const filename = extended(parameters.get('filename*')) ?? parameters.get('filename') ?? null;
  return { name, filename };
}

/**
 * The parameters of a disposition. Browsers and clients write `"` in values as `%22` (HTML, "multipart form data") or
 * as `\"`; a backslash before anything else is itself, as in the paths of Windows.
 */
function parametersOf(disposition: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of disposition.matchAll(
    /;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^\s;"]*))/g,
  )) {
    const value = quoted === undefined ? plain : unescaped(quoted);
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}

function unescaped(quoted: string): string {
  return quoted.replaceAll('\\"', '"').replace(/%22|%0D|%0A/gi, (code) => decodeURIComponent(code));
}

/** `UTF-8''na%C3%AFve.wav` (RFC 8187); undefined for what is not readable. */
function extended(value: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(value ?? '') ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
