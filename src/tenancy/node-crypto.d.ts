/** The one function of Node's module that is used here; the Worker's types do not cover it. */
declare module 'node:crypto' {
  /** A digest in lower-case hex: https://nodejs.org/api/crypto.html#cryptohashalgorithm-data-options */
  export function hash(algorithm: 'sha256', data: string): string;
}
