import type { PaidBy } from '../../billing/charge.ts';
import { isOwn } from '../../providers/credentials.ts';
import type { Candidate } from '../types.ts';

/** Who pays the provider for what this candidate answers. */
export function paidBy({ credential }: Candidate): PaidBy {
  return isOwn(credential) ? 'workspace' : 'operator';
}
