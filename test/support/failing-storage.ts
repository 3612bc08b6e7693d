import type { Env } from '../../src/env.ts';

/** How a call of storage fails: before its work was done, or after, so that only the answer is lost. */
export type Moment = 'before' | 'after';

/**
 * The environment, in which the n-th call of the database or of a workspace's object fails.
 * @returns it, and how many calls there were.
 */
export function failing(env: Env, nth: number, moment: Moment): { env: Env; calls: () => number } {
  let calls = 0;
  const counted = async (work: () => unknown): Promise<unknown> => {
    const isIt = ++calls === nth;
    if (isIt && moment === 'before') throw new Error('storage failed');
    const result = await work();
    if (isIt) throw new Error('storage failed after its work');
    return result;
  };
  const real = new WeakMap<object, D1PreparedStatement>();
  const statement = (inner: D1PreparedStatement): D1PreparedStatement => {
    const outer = intercepted(inner, (name, call) => {
      if (name === 'bind') return statement(call() as D1PreparedStatement);
      return counted(call);
    });
    real.set(outer, inner);
    return outer;
  };
  const DB = intercepted(env.DB, (name, call, args) => {
    if (name === 'prepare') return statement(call() as D1PreparedStatement);
    if (name !== 'batch') return call();
    const list = args[0] as D1PreparedStatement[];
    return counted(() => env.DB.batch(list.map((one) => real.get(one) ?? one)));
  });
  const WORKSPACE = intercepted(env.WORKSPACE, (name, call) =>
    name === 'get' ? intercepted(call() as object, (_, work) => counted(work)) : call(),
  );
  return { env: { ...env, DB, WORKSPACE } as Env, calls: () => calls };
}

/** The object, in which calls of its methods go through `around`. */
function intercepted<T extends object>(
  object: T,
  around: (name: string, call: () => unknown, args: unknown[]) => unknown,
): T {
  return new Proxy(object, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => around(String(name), () => Reflect.apply(value, target, args), args);
    },
  });
}
