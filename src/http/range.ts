import type { ByteRange } from '../files/read.ts';

/**
 * The one range of bytes that a request asks for: https://www.rfc-editor.org/rfc/rfc9110#section-14
 * @param size of the whole, bytes.
 * @returns undefined for the whole, also for several ranges and what is no range; null where it lies outside.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '');
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? null : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < offset) return undefined;
  return offset >= size ? null : { offset, length: end - offset + 1 };
}
