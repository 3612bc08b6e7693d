import { call } from '../../support/gateway.ts';

/** The receipt of an answer to whom the key belongs. */
export const receiptOf = async (key: string, answer: { headers: Headers }) =>
  (await call('GET', `/v1/generations/${answer.headers.get('x-generation-id')}`, { key })).body;

/** The data of the events of a stream. */
export const eventsOf = (text: string) =>
  text
    .split('\n\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)));
