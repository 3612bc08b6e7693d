/** The request of a person, as far as signing in is concerned. */
export interface Visit {
  headers: Headers;
  /** The scheme and host that people use, without a slash at the end. */
  origin: string;
  /** Keeps work alive after the answer. */
  waitUntil: (promise: Promise<unknown>) => void;
}

/**
 * Whose attempts these are: the address of an IPv4 client; of IPv6 the first 64 bits, since one subscriber
 * has them all.
 */
export function addressOf({ headers }: Visit): string {
  const address = headers.get('cf-connecting-ip')?.trim().toLowerCase() ?? 'unknown';
  return address.includes(':') ? `${expanded(address).slice(0, 4).join(':')}::/64` : address;
}

function expanded(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(missing).fill('0'), ...after].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  );
}
