import type { DemoModel } from '../types.ts';
import { breaks, fails, flaky, limited, sleepy, stalls } from './failing.ts';
import { writesJson, writesSloppyJson } from './json.ts';
import { echoes, reasons, slow } from './text.ts';
import { callsTools } from './tools.ts';

/** The demo models by the name they have on the wire. */
export const MODELS: ReadonlyMap<string, DemoModel> = new Map<string, DemoModel>([
  ['demo-echo', echoes],
  ['demo-slow', slow],
  ['demo-reasoning', reasons],
  ['demo-tools', callsTools],
  ['demo-json', writesJson],
  ['demo-sloppy', writesSloppyJson],
  ['demo-fail', fails],
  ['demo-flaky', flaky()],
  ['demo-limited', limited],
  ['demo-break', breaks],
  ['demo-stall', stalls],
  ['demo-sleepy', sleepy()],
]);
