import { createHash } from 'node:crypto';
import type { NewFile } from './types.ts';

/** What of an upload decides whether it is the same, read as it comes. Forms differ each time they are written. */
export class FileDigest {
  readonly #bytes = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#bytes.update(bytes);
  }

  /** SHA-256, hex, over what is known of the file and its bytes. Ends the digest. */
  end({ purpose, filename, contentType, expiresAfterS }: NewFile): string {
    const said = [purpose, filename, contentType, expiresAfterS ?? null, this.#bytes.digest('hex')];
    return createHash('sha256').update(JSON.stringify(said)).digest('hex');
  }
}
