/** Takes the names of request fields that could not be sent. */
export interface DroppedNames {
  add(name: string): void;
}
