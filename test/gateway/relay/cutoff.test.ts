import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { Brake, Cutoff } from '../../../src/gateway/relay/cutoff.ts';

const gone = new GatewayError('client_closed_request');
const late = new GatewayError('upstream_timeout');

describe('a cutoff', () => {
  it('aborts, and remembers the first reason', () => {
    const cutoff = new Cutoff();
    expect(cutoff.signal.aborted).toBe(false);
    cutoff.cut(late);
    cutoff.cut(gone);
    expect(cutoff.signal.aborted).toBe(true);
    expect(cutoff.reason).toBe(late);
    expect(cutoff.cancelled).toBe(false);
  });

  it('explains what a fetch only knows as an abort', () => {
    const cutoff = new Cutoff();
    const lost = new TypeError('Network connection lost.');
    expect(cutoff.explain(lost)).toMatchObject({ code: 'upstream_unreachable', cause: lost });
    expect(cutoff.explain(lost).message).toBe('The provider could not be reached.');
    expect(cutoff.explainRead(lost)).toMatchObject({
      code: 'upstream_unreachable',
      message: 'The connection to the provider broke off in the middle of the answer.',
      cause: lost,
    });
    const known = new GatewayError('upstream_incomplete');
    expect(cutoff.explain(known)).toBe(known);
    expect(cutoff.explainRead(known)).toBe(known);
    cutoff.cut(late);
    expect(cutoff.explain(lost)).toBe(late);
    expect(cutoff.explainRead(lost)).toBe(late);
  });

  it('that was cancelled is nobody’s fault, unless it had failed before', () => {
    const cutoff = new Cutoff();
    cutoff.cancel();
    expect([cutoff.cancelled, cutoff.signal.aborted]).toEqual([true, true]);
    const failed = new Cutoff();
    failed.cut(late);
    failed.cancel();
    expect([failed.cancelled, failed.reason]).toEqual([false, late]);
  });
});

describe('a brake', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('cuts all that is under way, and what begins afterwards', () => {
    const brake = new Brake();
    const [one, two, other, later] = [new Cutoff(), new Cutoff(), new Cutoff(), new Cutoff()];
    for (const cutoff of [one, two, other]) brake.attach(cutoff);
    brake.detach(other);
    brake.pull(gone);
    brake.pull(late);
    brake.attach(later);
    expect([one.reason, two.reason, other.reason, later.reason]).toEqual([gone, gone, null, gone]);
    expect(brake.reason).toBe(gone);
  });

  it('lets sleep as long as it is not pulled', async () => {
    const brake = new Brake();
    let awake = false;
    const slept = brake.sleep(1_000).then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wakes who sleeps with the reason, and leaves no timer', async () => {
    const brake = new Brake();
    const slept = brake.sleep(60_000);
    brake.pull(gone);
    await expect(slept).rejects.toBe(gone);
    expect(vi.getTimerCount()).toBe(0);
    await expect(brake.sleep(60_000)).rejects.toBe(gone);
  });
});
