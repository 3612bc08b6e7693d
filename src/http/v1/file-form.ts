import { GatewayError } from '../../errors.ts';
import { type FilePurpose, type NewFile, UPLOAD_PURPOSES } from '../../files/types.ts';
import { mediaTypeOf } from '../../lib/media-type.ts';
import type { FormEvent } from '../../lib/multipart/stream.ts';

const HOUR_S = 3600;
const MONTH_S = 30 * 24 * HOUR_S;

/** Longer names than file systems take. */
const NAME_LENGTH = 255;

/**
 * Control characters, and marks that turn the direction of text: they make names read otherwise than they are.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSEEN = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

type FileStart = Extract<FormEvent, { kind: 'file' }>;

/**
 * The form of an upload, while it comes: the one file wherever it stands among the fields, which are checked as
 * soon as they are there.
 */
export class FileForm {
  readonly #events: AsyncGenerator<FormEvent>;
  #purpose: FilePurpose | null = null;
  #anchor: string | null = null;
  #seconds: number | null = null;
  #file: FileStart | null = null;
  #bytes = 0;

  constructor(events: AsyncGenerator<FormEvent>) {
    this.#events = events;
  }

  /**
   * The bytes of the file; reads the form to its end.
   * @throws GatewayError `missing_parameter`, `invalid_type`, `invalid_value`, `unsupported_parameter`, and as
   *   `streamForm`.
   */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const event of this.#events) {
      if (event.kind === 'bytes') {
        this.#bytes += event.bytes.byteLength;
        yield event.bytes;
      } else if (event.kind === 'file') this.#take(event);
      else this.#read(event.name, event.value);
    }
  }

  /** What was uploaded, once `bytes` has ended. @throws GatewayError as above, for what is missing. */
  describe(): NewFile {
    if (this.#file === null) throw missing('file', 'It is a part with a file name.');
    if (this.#purpose === null) throw missing('purpose', `It is one of ${UPLOAD_PURPOSES.join(', ')}.`);
    if (this.#bytes === 0) throw invalid('file', 'The file is empty.');
    if (this.#anchor !== null && this.#seconds === null) {
      throw missing('expires_after[seconds]', 'It goes with expires_after[anchor].');
    }
    if (this.#seconds !== null && this.#anchor === null) {
      throw missing('expires_after[anchor]', 'It goes with expires_after[seconds], and is "created_at".');
    }
    const filename = cleanName(this.#file.filename);
    return {
      purpose: this.#purpose,
      filename,
      contentType: mediaTypeOf(this.#file.type, filename),
      // OpenAI's default for batches; all else is kept.
      expiresAfterS: this.#seconds ?? (this.#purpose === 'batch' ? MONTH_S : undefined),
    };
  }

  #take(file: FileStart): void {
    if (file.name !== 'file') throw unknown(file.name);
    if (this.#file !== null) throw invalid('file', 'There is more than one file. Upload one at a time.');
    if (cleanName(file.filename).length > NAME_LENGTH) {
      throw invalid('file', `The name of the file is longer than ${NAME_LENGTH} characters.`);
    }
    this.#file = file;
  }

  #read(name: string, value: string): void {
    switch (name) {
      case 'purpose':
        this.#purpose = UPLOAD_PURPOSES.find((purpose) => purpose === value) ?? null;
        if (this.#purpose === null) {
          throw invalid('purpose', `purpose must be one of ${UPLOAD_PURPOSES.join(', ')}.`);
        }
        return;
      case 'expires_after[anchor]':
        if (value !== 'created_at') throw invalid(name, `${name} must be "created_at".`);
        this.#anchor = value;
        return;
      case 'expires_after[seconds]': {
        const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
        if (!(seconds >= HOUR_S && seconds <= MONTH_S)) {
          throw invalid(name, `${name} must be a whole number from ${HOUR_S} to ${MONTH_S}.`);
        }
        this.#seconds = seconds;
        return;
      }
      case 'file':
        throw new GatewayError('invalid_type', {
          param: 'file',
          message: 'file must be a file: a part of the form with a file name.',
        });
      default:
        throw unknown(name);
    }
  }
}

/** The name without folders and without what cannot be seen; `file` where nothing is left. */
function cleanName(filename: string): string {
  const name = filename.toWellFormed().replace(UNSEEN, '');
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).trim();
  return last === '' || last === '.' || last === '..' ? 'file' : last;
}

function missing(param: string, hint: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required. ${hint}` });
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}

function unknown(name: string): GatewayError {
  const param = name.slice(0, 100);
  return new GatewayError('unsupported_parameter', {
    param,
    message: `${JSON.stringify(param)} is not a known parameter here.`,
  });
}
