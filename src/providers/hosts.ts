/**
 * IPv4 blocks that are not globally reachable: the IANA IPv4 Special-Purpose Address Registry, multicast
 * (RFC 5771) and the reserved class E (RFC 1112).
 */
const IPV4_BLOCKS: readonly (readonly [block: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The only IPv6 block from which addresses are given out (RFC 4291 §2.4); the rest is special. */
const IPV6_GLOBAL = parseBlock('2000::', 3);

/** Blocks inside it that are not globally reachable: IETF protocols with Teredo, documentation, 6bone. */
const IPV6_BLOCKS = [
  parseBlock('2001::', 23),
  parseBlock('2001:db8::', 32),
  parseBlock('3ffe::', 16),
  parseBlock('3fff::', 20),
];

/** Blocks whose addresses hold an IPv4 address that is reached in the end, and at which bit it begins. */
const IPV6_WITH_IPV4 = [
  { ...parseBlock('::ffff:0:0', 96), at: 0n },
  { ...parseBlock('64:ff9b::', 96), at: 0n },
  { ...parseBlock('2002::', 16), at: 80n },
];

/** Names that never leave a network: RFC 6761, 6762, 8375, and the common private one of RFC 9476 and ICANN. */
const PRIVATE_NAMES = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'intranet',
  'lan',
  'corp',
  'test',
  'invalid',
  'onion',
];

/**
 * False for a host that only exists inside a network: private, loopback, link-local and other special
 * addresses, names without a dot, and names under private top levels.
 * @param hostname as `URL` gives it, which turns octal, hexadecimal and decimal IPv4 into dotted quads.
 */
export function isPublicHost(hostname: string): boolean {
  if (hostname.startsWith('[')) return isPublicIpv6(parseIpv6(hostname.slice(1, -1)));
  const ipv4 = parseIpv4(hostname);
  if (ipv4 !== undefined) return isPublicIpv4(ipv4);
  const name = hostname.replace(/\.$/, '');
  return name.includes('.') && !PRIVATE_NAMES.some((top) => name === top || name.endsWith(`.${top}`));
}

/** True for this machine: 127.0.0.0/8, ::1, and localhost with the names under it (RFC 6761). */
export function isLoopback(hostname: string): boolean {
  if (hostname === '[::1]') return true;
  const ipv4 = parseIpv4(hostname);
  if (ipv4 !== undefined) return ipv4 >>> 24 === 127;
  return /(^|\.)localhost\.?$/.test(hostname);
}

function parseIpv4(hostname: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(hostname)) return undefined;
  return hostname.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}

function isPublicIpv4(address: number): boolean {
  return !IPV4_BLOCKS.some(([block, bits]) => {
    const shift = 32 - bits;
    return address >>> shift === (parseIpv4(block) ?? 0) >>> shift;
  });
}

/** The 128 bits of an address as `URL` writes it, where `::` is at most once and no dotted part is left. */
function parseIpv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function parseBlock(block: string, bits: number): { block: bigint; shift: bigint } {
  return { block: parseIpv6(block), shift: BigInt(128 - bits) };
}

function isPublicIpv6(address: bigint): boolean {
  const within = ({ block, shift }: { block: bigint; shift: bigint }): boolean =>
    address >> shift === block >> shift;
  const carrier = IPV6_WITH_IPV4.find(within);
  if (carrier) return isPublicIpv4(Number((address >> carrier.at) & 0xffff_ffffn));
  return within(IPV6_GLOBAL) && !IPV6_BLOCKS.some(within);
}
