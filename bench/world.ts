import { order, readWhole, type Target } from './load.ts';
import { migrate, provision, variables } from './provision.ts';
import { startBare, startGateway, startSimulator } from './workers.ts';

/** Everything that runs during a measurement. */
export interface World {
  direct: Target;
  bare: Target;
  gateway: Target;
  stop: () => Promise<void>;
}

/**
 * Starts the simulator, the bare Worker and the gateway with everything on: authentication, metering,
 * credits. @throws Error when the gateway does not answer, or answers without charging.
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
    const key = await provision(gateway.origin, vars.ADMIN_KEY, simulator.origin);
    const world: World = {
      direct: { name: 'direct', origin: simulator.origin, pid: simulator.pid, key: null },
      bare: { name: 'bare', origin: bare.origin, pid: bare.pid, key: null },
      gateway: { name: 'gateway', origin: gateway.origin, pid: gateway.pid, key },
      stop,
    };
    await checkMetering(world.gateway);
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is measured must be the whole gateway: streams of both kinds end with what they cost. */
async function checkMetering(gateway: Target): Promise<void> {
  for (const shape of ['openai', 'anthropic'] as const) {
    const stream = await readWhole(gateway, order(gateway, shape, 3, 0));
    const credits = /"credits_used":([\d.e-]+)/.exec(stream)?.[1];
    if (!(Number(credits) > 0) || !stream.endsWith('data: [DONE]\n\n')) {
      throw new Error(`The gateway's stream does not end with its cost:\n${stream}`);
    }
  }
}
