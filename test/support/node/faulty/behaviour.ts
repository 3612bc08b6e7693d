import { createHash } from 'node:crypto';

/** How a stream of the simulator ends that does not end well. */
export type Break = 'reset' | 'end' | 'silence' | 'error' | 'call';

/** What a model of the simulator does wrong. */
export interface Behaviour {
  /** Before the headers: the connection is reset, or nothing is ever said. */
  connection: 'reset' | 'mute' | null;
  /** Until the first token, milliseconds. */
  slowMs: number;
  refusal: Refusal | null;
  /** So many requests are refused, and then none any more. */
  refusals: number;
  /** From this request on, from 0, one that ends with the assistant's words is refused. */
  refusesPrefillFrom: number;
  /** Behind so many pieces of text, in this way. */
  breaksAfter: { pieces: number; how: Break } | null;
  /** The piece of this number, from 0, arrives as half an event. */
  garbles: number | null;
  /** No `[DONE]` behind the last event. */
  withoutDone: boolean;
  /** Of a hundred requests so many meet another fault, drawn by lot. */
  chaosPercent: number;
  /** What it makes of an answer that it is to go on with. */
  goesOn: 'exactly' | 'repeating' | 'anew';
}

export type Refusal =
  | { kind: 'limit'; retryAfter: number | null }
  | { kind: 'fault' | 'down' | 'too_long' | 'filter' }
  | { kind: 'loading'; seconds: number | null };

const WELL: Behaviour = {
  connection: null,
  slowMs: 0,
  refusal: null,
  refusals: 0,
  refusesPrefillFrom: Infinity,
  breaksAfter: null,
  garbles: null,
  withoutDone: false,
  chaosPercent: 0,
  goesOn: 'exactly',
};

const refuse = (refusal: Refusal, refusals = Infinity): Partial<Behaviour> => ({ refusal, refusals });
const breaks = (how: Break) => (pieces: number) => ({ breaksAfter: { pieces, how } });

/** The faults by their names in the model's; each may take a number, as in `cut-3`. */
const FAULTS: Readonly<Record<string, (number: number) => Partial<Behaviour>>> = {
  ok: () => ({}),
  reset: () => ({ connection: 'reset' }),
  mute: () => ({ connection: 'mute' }),
  slow: (slowMs) => ({ slowMs }),
  cut: breaks('reset'),
  end: breaks('end'),
  stall: breaks('silence'),
  error: breaks('error'),
  call: breaks('call'),
  garble: (garbles) => ({ garbles }),
  nodone: () => ({ withoutDone: true }),
  limit: () => refuse({ kind: 'limit', retryAfter: null }),
  /** Once, for so many seconds. */
  wait: (retryAfter) => refuse({ kind: 'limit', retryAfter }, 1),
  limited: (retryAfter) => refuse({ kind: 'limit', retryAfter }),
  hiccup: () => refuse({ kind: 'fault' }, 1),
  fault: () => refuse({ kind: 'fault' }),
  down: () => refuse({ kind: 'down' }),
  /** Down for so many requests, then healthy. */
  outage: (times) => refuse({ kind: 'down' }, times),
  toolong: () => refuse({ kind: 'too_long' }),
  filter: () => refuse({ kind: 'filter' }),
  /** Loads its model for so many requests, and says that it takes a second, or not how long. */
  loads: (times) => refuse({ kind: 'loading', seconds: 1 }, times),
  sleeps: () => refuse({ kind: 'loading', seconds: null }),
  noprefill: () => ({ refusesPrefillFrom: 0 }),
  forgets: (refusesPrefillFrom) => ({ refusesPrefillFrom }),
  repeats: () => ({ goesOn: 'repeating' }),
  anew: () => ({ goesOn: 'anew' }),
  chaos: (chaosPercent) => ({ chaosPercent }),
};

/**
 * Reads what a model does from its name: faults joined by `+`, and behind a dot what makes the name unique, as in
 * `slow-300+cut-3.k2`. @throws Error for a fault that there is none of.
 */
export function behaviourOf(model: string): Behaviour {
  const [faults = ''] = model.split('.');
  const behaviour = { ...WELL };
  for (const fault of faults.split('+')) {
    const [name = '', number] = fault.split('-');
    const make = FAULTS[name];
    if (!make) throw new Error(`The simulator has no fault ${fault}`);
    Object.assign(behaviour, make(Number(number ?? Number.NaN)));
  }
  return behaviour;
}

/** What chaos is made of. Silence is for streams: whole answers have no shorter time limit than minutes. */
const ANYWHERE = ['reset', 'down', 'fault', 'limit', 'limited-2', 'cut-3'];
const IN_STREAMS = ['cut-0', 'end-2', 'error-5', 'garble-4', 'stall-3', 'mute'];

/** The fault that a request meets in chaos, always the same for the same lot. */
export function drawn(behaviour: Behaviour, lot: string, stream: boolean): Behaviour {
  const number = createHash('sha256').update(lot).digest();
  if (behaviour.chaosPercent <= number.readUInt16BE(0) % 100) return behaviour;
  const faults = stream ? [...ANYWHERE, ...IN_STREAMS] : ANYWHERE;
  return behaviourOf(faults[number.readUInt16BE(2) % faults.length] ?? 'ok');
}
