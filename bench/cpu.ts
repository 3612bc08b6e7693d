import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports CPU time in ticks of a hundredth of a second on every architecture. */
const TICK_US = 10_000;

/** CPU time that a process has used, user and system, microseconds. */
export function cpuOf(pid: number): number {
  // The command's name stands in parentheses and may hold anything: fields are counted behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Resident memory of a process, MB. */
export function memoryOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

/** The workerd processes that this process has started. */
export function workerdChildren(): Set<number> {
  const children = new Set<number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.split(') ').at(-1)?.split(' ')[1]);
      if (parent === process.pid && stat.includes('(workerd)')) children.add(Number(name));
    } catch {
      // It ended between the two reads.
    }
  }
  return children;
}
