export * from './aliases.ts';
export * from './billing.ts';
export * from './people.ts';
export * from './probes.ts';
export * from './registry.ts';
export * from './registry-changes.ts';
export * from './routing.ts';
export * from './tenancy.ts';
