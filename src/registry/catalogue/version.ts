/** Which catalogue is shipped; written by scripts/catalogue.ts. A higher revision is imported into D1. */
export const CATALOGUE = { revision: 3, hash: 'f57ff1890cf582cc' };
