import type { Env } from '../../env.ts';
import { formatUsd } from '../money.ts';
import type { TopUpRow } from '../payments/view.ts';
import type { Notice } from './types.ts';
import { workspaceName } from './workspace-name.ts';

/**
 * That a failed payment has stopped automatic top-ups.
 * @throws GatewayError `storage_unavailable`.
 */
export async function autoTopUpStopped(
  env: Env,
  { id, workspaceId, amount }: TopUpRow,
  reason: string,
  now: number,
): Promise<Notice> {
  const name = await workspaceName(env, workspaceId);
  return {
    id: `auto_top_up_stopped:${id}`,
    workspaceId,
    kind: 'auto_top_up_stopped',
    subject: `Automatic top-ups of ${name} have stopped`,
    text: [
      `An automatic top-up of ${formatUsd(amount)} USD for the workspace ${name} failed: ${reason}`,
      '',
      'Nothing is bought any more until automatic top-ups are set anew. When the credits are spent, requests are refused.',
      `Buy credits with another card (POST /api/workspaces/${workspaceId}/top-ups), then set automatic top-ups`,
      `(PUT /api/workspaces/${workspaceId}/auto-top-up): they use the card that was used last.`,
    ].join('\n'),
    createdAt: now,
  };
}
