import { DurableObject } from 'cloudflare:workers';
export class WorkspaceObject extends DurableObject {}
