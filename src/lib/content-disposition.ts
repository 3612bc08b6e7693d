/** `; name="value"` or `; name=value`. In quotes only `\"` is an escape: names of files may hold backslashes. */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^\s;"]*))\s*/gy;

/** What the header of a part of a form says. */
export interface PartDisposition {
  name: string;
  /** As it was sent, unescaped; null where the part is no file. */
  filename: string | null;
}

/**
 * Reads the `Content-Disposition` of a part of multipart/form-data, as browsers and other clients write it:
 * https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data and, for
 * `filename*`, https://www.rfc-editor.org/rfc/rfc8187.
 * @returns null where it is no such header.
 */
export function parsePartDisposition(header: string): PartDisposition | null {
  const type = /^\s*form-data\s*(?=;)/i.exec(header);
  if (!type) return null;
  const found = new Map<string, string>();
  let at = type[0].length;
  while (at < header.length) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    if (!match) return null;
    found.set((match[1] ?? '').toLowerCase(), unescaped(match[2] ?? match[3] ?? ''));
    at = PARAMETER.lastIndex;
  }
  const name = found.get('name');
  if (name === undefined) return null;
  const extended = found.get('filename*');
  const filename = extended === undefined ? (found.get('filename') ?? null) : decodeExtended(extended);
  return filename === undefined ? null : { name, filename };
}

/** `UTF-8''na%C3%AFve.txt` */
function decodeExtended(value: string): string | undefined {
  const match = /^utf-8'[^']*'(.*)$/i.exec(value);
  try {
    return match ? decodeURIComponent(match[1] ?? '') : undefined;
  } catch {
    return undefined;
  }
}

/** Browsers write quotes and line ends in percent, and percent signs as they are. */
function unescaped(text: string): string {
  return text
    .replace(/\\"|%22/g, '"')
    .replace(/%0D/gi, '\r')
    .replace(/%0A/gi, '\n');
}

/**
 * The `Content-Disposition` of a file to be kept, not shown: https://www.rfc-editor.org/rfc/rfc6266.
 * @param filename any text.
 */
export function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const header = `attachment; filename="${plain}"`;
  return plain === filename ? header : `${header}; filename*=UTF-8''${percentEncoded(filename)}`;
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
