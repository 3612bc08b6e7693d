import { endpoint, price, registryOf } from './support.ts';

/** Three models at three prices, the dearest first in the alphabet. */
export const REGISTRY = registryOf([
  endpoint('a/dear@p', { price: price(10, 20), regions: ['eu-west-1'] }),
  endpoint('b/middle@p', { price: price(2, 4), regions: ['eu-central-1'] }),
  endpoint('b/middle@q', { price: price(3, 6), regions: ['us-east-1'] }),
  endpoint('c/cheap@q', { price: price(1, 2) }),
]);
