import { and, desc, eq, lt } from 'drizzle-orm';
import { database } from '../../db/client.ts';
import { users } from '../../db/schema/people.ts';
import type { Env } from '../../env.ts';
import { type Page, type PageRequest, pageOf } from '../page.ts';
import { requirePermission } from '../permissions.ts';
import { stored } from '../storage.ts';
import type { Principal } from '../types.ts';
import { type PersonView, personView } from './view.ts';

/**
 * Everyone with an account, newest first, or the one of an e-mail address.
 * @throws GatewayError `permission_denied`, `storage_unavailable`.
 */
export async function listPeople(
  env: Env,
  actor: Principal,
  page: PageRequest & { email?: string | undefined },
): Promise<Page<PersonView>> {
  requirePermission(actor, 'user.read');
  const rows = await stored(
    database(env.DB)
      .select()
      .from(users)
      .where(
        and(
          page.email === undefined ? undefined : eq(users.email, page.email.toLowerCase()),
          page.cursor === undefined ? undefined : lt(users.id, page.cursor),
        ),
      )
      .orderBy(desc(users.id))
      .limit(page.limit + 1)
      .all(),
  );
  return pageOf(rows, page.limit, personView, (row) => row.id);
}
