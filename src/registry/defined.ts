/** Members that may be undefined as members that may be absent, which is another type. */
type Defined<T> = { [Member in keyof T]?: Exclude<T[Member], undefined> };

/** An object without its members that are undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
