/** Which catalogue is shipped; written by scripts/catalogue.ts. A higher revision is imported into D1. */
export const CATALOGUE = { revision: 5, hash: 'd283249ef48be4b7' };
