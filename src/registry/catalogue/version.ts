/** Which catalogue is shipped; written by scripts/catalogue.ts. A higher revision is imported into D1. */
export const CATALOGUE = { revision: 7, hash: 'a55cc648048cebfe' };
