import { setTimeout as sleep } from 'node:timers/promises';
import { read, type Target } from './load.ts';
import { order } from './order.ts';
import { callApi, migrate, type Provisioned, provision, variables } from './provision.ts';
import { startBare, startGateway, startSimulator } from './workers.ts';

/** Everything that runs during a measurement. */
export interface World {
  direct: Target;
  bare: Target;
  gateway: Target;
  /** @throws Error unless the workspace has been charged for every answer, to the nano-dollar. */
  checkCharges: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Starts the simulator, the bare Worker and the gateway with everything on: authentication, metering,
 * credits, receipts. @throws Error when the gateway does not answer, or not with all of these.
 */
export async function startWorld(root: string): Promise<World> {
  const simulator = await startSimulator();
  const bare = await startBare(simulator.origin);
  const vars = variables();
  const gateway = await startGateway(root, vars);
  async function stop(): Promise<void> {
    await Promise.all([bare.stop(), gateway.stop()]);
    simulator.stop();
  }
  try {
    await migrate(root, gateway);
    const provisioned = await provision(gateway.origin, vars.ADMIN_KEY, simulator.origin);
    const granted = await provisioned.balance();
    const target = { key: null, owed: 0 };
    const world: World = {
      direct: { ...target, name: 'direct', origin: simulator.origin, pid: null },
      bare: { ...target, name: 'bare', origin: bare.origin, pid: bare.pid },
      gateway: { ...target, name: 'gateway', origin: gateway.origin, pid: gateway.pid, key: provisioned.key },
      checkCharges: () => checkCharges(world.gateway, granted, provisioned),
      stop,
    };
    await checkMetering(world.gateway);
    await world.checkCharges();
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is measured must be the whole gateway: every kind of answer has its cost and its receipt. */
async function checkMetering(gateway: Target): Promise<void> {
  for (const shape of ['openai', 'anthropic'] as const) {
    for (const events of [0, 3]) {
      await read(gateway, order('gateway', { shape, events, everyMs: 0, image: 0 }));
    }
  }
  await checkReceipt(gateway);
}

async function checkReceipt(gateway: Target): Promise<void> {
  const { path, body, charge } = order('gateway', { shape: 'openai', events: 0, everyMs: 0, image: 0 });
  const key = gateway.key ?? '';
  const answer = await callApi<{ id: string }>(
    gateway.origin,
    key,
    'POST',
    path,
    JSON.parse(body.toString()),
  );
  gateway.owed += charge;
  const receipt = await callApi<{ status: string; credits_used: number }>(
    gateway.origin,
    key,
    'GET',
    `/v1/generations/${answer.id}`,
  );
  if (receipt.status !== 'completed' || Math.round(receipt.credits_used * 1e9) !== charge) {
    throw new Error(`The receipt of ${answer.id} is wrong: ${JSON.stringify(receipt)}`);
  }
}

/** Settlements arrive behind the answers: they get this long. */
const SETTLED_WITHIN_MS = 5_000;

async function checkCharges(gateway: Target, granted: number, { balance }: Provisioned): Promise<void> {
  const until = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const charged = granted - (await balance());
    if (charged === gateway.owed) return;
    if (Date.now() > until) {
      throw new Error(`The gateway charged ${charged} nano-USD for answers that cost ${gateway.owed}.`);
    }
    await sleep(50);
  }
}
