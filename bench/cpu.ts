import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Linux tells here what a process uses; elsewhere CPU and memory are not measured. */
export const CAN_TELL_USE = existsSync('/proc/self/stat');

/** Linux reports CPU time in ticks of a hundredth of a second on every architecture. */
const TICK_US = 10_000;

/** CPU time that a process has used, user and system, microseconds; NaN where that cannot be told. */
export function cpuOf(pid: number | null): number {
  if (pid === null) return Number.NaN;
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Resident memory of a process, MB; NaN where that cannot be told. */
export function memoryOf(pid: number | null): number {
  if (pid === null) return Number.NaN;
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

/** The workerd processes that this process has started; none where that cannot be told. */
export function workerdChildren(): Set<number> {
  const children = new Set<number>();
  if (!CAN_TELL_USE) return children;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const isWorkerd = readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'workerd';
      if (isWorkerd && Number(statOf(Number(name))[1]) === process.pid) children.add(Number(name));
    } catch {
      // It ended between the two reads.
    }
  }
  return children;
}

/** Fields of /proc/<pid>/stat behind the command's name, which stands in parentheses and may hold anything. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}
