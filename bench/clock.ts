/** The monotonic clock that all processes of the machine share, microseconds. */
export function microseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
