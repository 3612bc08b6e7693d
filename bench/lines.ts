/** What a figure must reach: a ratio to the bare Worker, or a figure of its own where there is no such ratio. */
export interface Limit {
  at: 'most' | 'least';
  value: number;
}

/** A line of the report, made of one figure of a measure. */
interface Line {
  what: string;
  unit: string;
  figure: string;
  /** Take off what a direct call to the simulator takes, so that only what a Worker adds is compared. */
  added?: true;
  target?: Limit;
}

const most = (value: number): Limit => ({ at: 'most', value });
const least = (value: number): Limit => ({ at: 'least', value });

/** The report, by measure. */
export const LINES: Readonly<Record<string, readonly Line[]>> = {
  'first-byte': [
    {
      what: 'whole answer: first byte, added, p50',
      unit: 'µs',
      figure: 'p50',
      added: true,
      target: most(1.5),
    },
    { what: 'whole answer: first byte, p50', unit: 'µs', figure: 'p50' },
    { what: 'whole answer: first byte, p99', unit: 'µs', figure: 'p99' },
  ],
  'first-event': [
    { what: 'stream: first byte, added, p50', unit: 'µs', figure: 'p50', added: true },
    { what: 'stream: first byte, p50', unit: 'µs', figure: 'p50' },
  ],
  requests: [
    { what: 'requests per second, 64 connections', unit: '/s', figure: 'perSecond', target: least(0.6) },
    { what: 'CPU per request', unit: 'µs', figure: 'cpuUs' },
  ],
  steady: [
    { what: '64 streams, 100 events/s each: CPU per event', unit: 'µs', figure: 'cpuUs', target: most(3) },
    { what: '… delay per event, added, p50', unit: 'µs', figure: 'p50', added: true, target: most(3) },
    { what: '… delay per event, p50', unit: 'µs', figure: 'p50' },
    { what: '… delay per event, p99', unit: 'µs', figure: 'p99' },
  ],
  'steady-translated': [
    { what: 'the same, translated: CPU per event', unit: 'µs', figure: 'cpuUs', target: most(3) },
    { what: '… delay per event, p50', unit: 'µs', figure: 'p50' },
  ],
  'flat-out': [{ what: '16 streams flat out: CPU per event', unit: 'µs', figure: 'cpuUs', target: most(7) }],
  'flat-out-translated': [
    { what: 'the same, translated: CPU per event', unit: 'µs', figure: 'cpuUs', target: most(10) },
  ],
  'large-bodies': [
    { what: '5 MB bodies: requests per second', unit: '/s', figure: 'perSecond', target: least(0.5) },
    { what: '5 MB bodies: CPU per request', unit: 'µs', figure: 'cpuUs' },
  ],
  memory: [
    { what: 'most memory, 256 streams', unit: 'MB', figure: 'most', target: most(2.5) },
    { what: 'memory before', unit: 'MB', figure: 'idle' },
  ],
};
