import type { Usage } from '../../src/wires/types.ts';
import { NO_USAGE } from '../../src/wires/usage.ts';

/** Usage of these counts, and of nothing else. */
export const usage = (counts: Partial<Usage> = {}): Usage => ({ ...NO_USAGE, ...counts });
