/** Which catalogue is shipped; written by scripts/catalogue.ts. A higher revision is imported into D1. */
export const CATALOGUE = { revision: 6, hash: 'd57e55dcd63a0c3d' };
