/** One server-sent event: its data lines joined by \n, and its `event:` name. */
export interface SseEvent {
  data: string;
  event: string | null;
}

/**
 * Cuts a byte stream into server-sent events as the WHATWG specification says
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream): LF, CR and
 * CRLF line ends, comments, several data lines, a leading BOM; lines and UTF-8 may be split anywhere.
 */
export class SseFramer {
  readonly #decoder = new TextDecoder();
  /** The line that is not complete yet. */
  #pending = '';
  /** The last line ended with CR at the end of a push: a LF that comes next belongs to it. */
  #skipLf = false;
  #data: string | null = null;
  #event: string | null = null;

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): SseEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * What is left when the stream has ended. The specification discards an event without its closing
   * blank line; upstreams that forget it are common, so an event is delivered as far as it came. Cut
   * data is not JSON then, and is seen as such.
   */
  end(): SseEvent[] {
    const events = this.#take(this.#decoder.decode());
    if (this.#pending !== '') this.#line(this.#pending, events);
    this.#pending = '';
    this.#dispatch(events);
    return events;
  }

  #take(piece: string): SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    if (this.#skipLf && piece !== '') {
      this.#skipLf = false;
      if (piece.charCodeAt(0) === 10) from = 1;
    }
    // Line ends are searched in the new piece only, and CR only where there is one: a large event
    // that comes in many pieces costs no more than a small one.
    const hasCr = piece.includes('\r');
    for (;;) {
      const end = hasCr
        ? nearest(piece.indexOf('\n', from), piece.indexOf('\r', from))
        : piece.indexOf('\n', from);
      if (end < 0) break;
      const rest = piece.slice(from, end);
      this.#line(this.#pending === '' ? rest : this.#pending + rest, events);
      this.#pending = '';
      from = end + 1;
      if (hasCr && piece.charCodeAt(end) === 13) {
        if (from === piece.length) this.#skipLf = true;
        else if (piece.charCodeAt(from) === 10) from++;
      }
    }
    if (from < piece.length) this.#pending += piece.slice(from);
    return events;
  }

  #line(line: string, events: SseEvent[]): void {
    if (line === '') {
      this.#dispatch(events);
    } else if (line.startsWith('data:')) {
      const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith('event:')) {
      this.#event = line.slice(line.charCodeAt(6) === 32 ? 7 : 6);
    } else if (line === 'data') {
      this.#data = this.#data === null ? '' : `${this.#data}\n`;
    }
    // Comments, ids, retry times and unknown fields carry nothing for us.
  }

  #dispatch(events: SseEvent[]): void {
    if (this.#data !== null) events.push({ data: this.#data, event: this.#event });
    this.#data = null;
    this.#event = null;
  }
}

/** The smaller of two positions where -1 means none. */
function nearest(a: number, b: number): number {
  if (a < 0) return b;
  return b < 0 ? a : Math.min(a, b);
}
