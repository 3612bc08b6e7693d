import ipaddr from 'ipaddr.js';

/**
 * Whether an address is in a list of addresses and CIDR blocks. IPv4 in IPv6 (`::ffff:…`) is IPv4.
 * What cannot be read, or is not known, is not in it.
 */
export function allowsAddress(list: readonly string[], address: string | null): boolean {
  if (address === null || !ipaddr.isValid(address)) return false;
  const asked = ipaddr.process(address);
  return list.some((entry) => {
    const block = readBlock(entry);
    return block !== null && block[0].kind() === asked.kind() && asked.match(block);
  });
}

/** Whether an entry of a list is an address or a CIDR block. */
export function isAddressOrBlock(entry: string): boolean {
  return readBlock(entry) !== null;
}

function readBlock(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  try {
    if (entry.includes('/')) return ipaddr.parseCIDR(entry);
    const address = ipaddr.process(entry);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return null;
  }
}
