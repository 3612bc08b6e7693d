import type { Env } from '../env.ts';
import type { SlotMessage } from '../objects/batch/types.ts';
import type { CallLine } from './lines/props.ts';
import { workSlot } from './lines/work.ts';

/** Works the messages of the queue that carries the lines of batches. */
export async function consumeSlots(
  messages: MessageBatch<SlotMessage>,
  env: Env,
  call: CallLine,
): Promise<void> {
  await Promise.all(messages.messages.map(({ body }) => workSlot(env, body, call)));
}
