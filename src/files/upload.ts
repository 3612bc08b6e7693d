import { stored } from '../tenancy/storage.ts';

/** R2 wants parts of at least this size, all but the last equal: https://developers.cloudflare.com/r2/objects/multipart-objects/ */
export const PART_BYTES = 5 * 1024 * 1024;

/** What small files begin with; doubled as needed. */
const FIRST_BYTES = 64 * 1024;

/** What of an object has been sent: each part has `PART_BYTES`. */
export interface SentParts {
  uploadId: string;
  parts: { partNumber: number; etag: string }[];
}

/**
 * Writes one object of unknown length, holding one part of it in memory. What fits a part is written at once,
 * at the end; the rest by a multipart upload. Nothing is to be seen in the bucket before `finish`.
 */
export class Upload {
  /** What has been written so far, bytes. */
  size = 0;
  readonly #bucket: R2Bucket;
  readonly #key: string;
  #buffer = new Uint8Array(FIRST_BYTES);
  #filled = 0;
  #multipart: R2MultipartUpload | null = null;
  readonly #parts: R2UploadedPart[] = [];

  /** @param sent goes on with what another has begun. */
  constructor(bucket: R2Bucket, key: string, sent?: SentParts) {
    this.#bucket = bucket;
    this.#key = key;
    if (!sent) return;
    this.#multipart = bucket.resumeMultipartUpload(key, sent.uploadId);
    this.#parts.push(...sent.parts);
    this.size = sent.parts.length * PART_BYTES;
  }

  /** What has been sent, for who goes on: all that was written behind it is to be written again. Null: nothing was. */
  get sent(): SentParts | null {
    if (this.#multipart === null) return null;
    const parts = this.#parts.map(({ partNumber, etag }) => ({ partNumber, etag }));
    return { uploadId: this.#multipart.uploadId, parts };
  }

  /** Takes bytes, which may be reused afterwards. @throws GatewayError `storage_unavailable`. */
  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.byteLength;
    for (let at = 0; at < bytes.byteLength; ) {
      // A full part waits for the byte behind it: the last one may be of any size.
      if (this.#filled === PART_BYTES) await this.#sendPart();
      const room = Math.min(bytes.byteLength - at, PART_BYTES - this.#filled);
      this.#reserve(this.#filled + room);
      this.#buffer.set(bytes.subarray(at, at + room), this.#filled);
      this.#filled += room;
      at += room;
    }
  }

  /** Makes the object. @throws GatewayError `storage_unavailable`. */
  async finish(): Promise<void> {
    if (this.#multipart === null) {
      await stored(this.#bucket.put(this.#key, this.#buffer.subarray(0, this.#filled)));
      return;
    }
    await this.#sendPart();
    await stored(this.#multipart.complete(this.#parts));
  }

  /** Forgets what was written. What R2 does not forget now it forgets by itself, after a week. */
  async abort(): Promise<void> {
    try {
      await this.#multipart?.abort();
    } catch {
      // The bucket cannot be reached, or the upload is complete.
    }
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.byteLength) return;
    const size = Math.min(PART_BYTES, Math.max(length, this.#buffer.byteLength * 2));
    const larger = new Uint8Array(size);
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }

  async #sendPart(): Promise<void> {
    this.#multipart ??= await stored(this.#bucket.createMultipartUpload(this.#key));
    const part = this.#buffer.subarray(0, this.#filled);
    this.#parts.push(await stored(this.#multipart.uploadPart(this.#parts.length + 1, part)));
    this.#filled = 0;
  }
}
