export * from './registry.ts';
export * from './tenancy.ts';
