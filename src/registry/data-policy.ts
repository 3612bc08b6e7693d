import type { Provider } from '../providers/types.ts';
import { defined } from './defined.ts';
import type { DataPolicy, Endpoint } from './types.ts';

/** A data policy as people write it. */
export interface DataPolicyView {
  training?: boolean | undefined;
  retention_days?: number | undefined;
}

/**
 * What becomes of what is sent to an endpoint: what is known of itself, else of its provider. A member that
 * is absent is unknown, which promises nothing: who demands that nothing is trained on or kept must not be
 * given an endpoint of which that is not known.
 */
export function dataPolicyOf(
  endpoint: Pick<Endpoint, 'dataPolicy'>,
  provider: Pick<Provider, 'dataPolicy'> | undefined,
): DataPolicy {
  return defined({
    training: endpoint.dataPolicy?.training ?? provider?.dataPolicy?.training,
    retentionDays: endpoint.dataPolicy?.retentionDays ?? provider?.dataPolicy?.retentionDays,
  });
}

/** Null where nothing is known. */
export function dataPolicyView(policy: DataPolicy | undefined): DataPolicyView | null {
  const view = defined({ training: policy?.training, retention_days: policy?.retentionDays });
  return Object.keys(view).length > 0 ? view : null;
}

/** Undefined where nothing is said. */
export function dataPolicyFrom(view: DataPolicyView | undefined): DataPolicy | undefined {
  const policy = defined({ training: view?.training, retentionDays: view?.retention_days });
  return Object.keys(policy).length > 0 ? policy : undefined;
}
