import { learnOutput, outputScope } from '../../routing/output-history.ts';
import { keepSession } from '../../routing/session.ts';
import type { Usage } from '../../wires/types.ts';
import { isAuto, sessionOfRequest } from '../requests/asked.ts';
import type { Call, Candidate } from '../types.ts';

/** What an answer teaches the router: how long answers like it are, and where its conversation's prompt is cached. */
export function learnFromAnswer(
  { caller, control, request }: Pick<Call, 'caller' | 'control' | 'request'>,
  { model, endpoint }: Pick<Candidate, 'model' | 'endpoint'>,
  { inputTokens, outputTokens }: Pick<Usage, 'inputTokens' | 'outputTokens'>,
): void {
  const scope = outputScope(caller.workspaceId, control.workflow, caller.keyId);
  learnOutput(scope, outputTokens / control.answers);
  if (!isAuto(control.model)) return;
  const session = sessionOfRequest({ caller, control, request });
  keepSession(session, { model: model.id, endpoint: endpoint.id, at: Date.now(), inputTokens });
}
