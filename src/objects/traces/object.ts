import { DurableObject } from 'cloudflare:workers';
export class TracesObject extends DurableObject {}
