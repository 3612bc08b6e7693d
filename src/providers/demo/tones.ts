/** Samples per second, 16 bits each, one channel. */
const RATE = 8_000;
const BYTES_PER_SECOND = RATE * 2;

/** Half a byte is a tone of 20 ms, of one cycle more for each higher value: 200 to 950 Hz. */
const SAMPLES = 160;
const LEAST_CYCLES = 4;
const LOUDNESS = 8_000;

const HEADER_BYTES = 44;

/** Seconds that a text takes. */
export function secondsOf(text: string): number {
  return (Buffer.byteLength(text) * 2 * SAMPLES) / RATE;
}

/** A text as tones: raw samples, little endian. */
export function tonesOf(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(bytes.byteLength * 2 * SAMPLES * 2));
  let at = 0;
  for (const byte of bytes) {
    for (const half of [byte >> 4, byte & 15]) {
      for (let sample = 0; sample < SAMPLES; sample++) {
        const phase = (2 * Math.PI * (LEAST_CYCLES + half) * sample) / SAMPLES;
        view.setInt16(at, Math.round(LOUDNESS * Math.sin(phase)), true);
        at += 2;
      }
    }
  }
  return new Uint8Array(view.buffer);
}

/** The same with the header of a WAV file: http://soundfile.sapp.org/doc/WaveFormat/ */
export function wavOf(samples: Uint8Array): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + samples.byteLength);
  const view = new DataView(file.buffer);
  const text = (at: number, word: string): void => file.set(new TextEncoder().encode(word), at);
  text(0, 'RIFF');
  view.setUint32(4, file.byteLength - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  // PCM, one channel.
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, BYTES_PER_SECOND, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.byteLength, true);
  file.set(samples, HEADER_BYTES);
  return file;
}

/** The text that a file of tones says; null for another file. */
export function textOfTones(file: Uint8Array): string | null {
  const samples = file.byteLength - HEADER_BYTES;
  if (samples <= 0 || samples % (SAMPLES * 4) !== 0) return null;
  const header = wavOf(new Uint8Array(samples)).subarray(0, HEADER_BYTES);
  if (!header.every((byte, index) => file[index] === byte)) return null;
  const view = new DataView(file.buffer, file.byteOffset + HEADER_BYTES, samples);
  const bytes = new Uint8Array(samples / (SAMPLES * 4));
  for (let index = 0; index < bytes.length; index++) {
    const [high, low] = [halfAt(view, index * 2), halfAt(view, index * 2 + 1)];
    if (high === null || low === null) return null;
    bytes[index] = high * 16 + low;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** By how often the sound rises above nothing. */
function halfAt(view: DataView, tone: number): number | null {
  let cycles = 0;
  let before = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const now = view.getInt16((tone * SAMPLES + sample) * 2, true);
    if (before <= 0 && now > 0) cycles++;
    before = now;
  }
  const half = cycles - LEAST_CYCLES;
  return half >= 0 && half < 16 ? half : null;
}
