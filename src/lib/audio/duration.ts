/**
 * How long a piece of sound is, by its own account: WAV, FLAC, MP3, Ogg with Opus or Vorbis, and MP4 are read.
 * @returns milliseconds, at least 1; null for other formats (WebM says nothing reliable) and for what is damaged.
 */
export function durationOf(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = READERS.find(({ starts }) => starts(view));
  try {
    const seconds = reader?.seconds(view) ?? 0;
    return Number.isFinite(seconds) && seconds > 0 ? Math.max(1, Math.round(seconds * 1000)) : null;
  } catch (cause) {
    // It goes on behind its end.
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/** The usual ending of a file of this format; null where it is not known. */
export function formatOf(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    READERS.find(({ starts }) => starts(view))?.format ?? (isText(view, 0, '\x1aE\xdf\xa3') ? 'webm' : null)
  );
}

interface Reader {
  format: string;
  starts(view: DataView): boolean;
  seconds(view: DataView): number;
}

const READERS: readonly Reader[] = [
  {
    format: 'wav',
    starts: (view) => isText(view, 0, 'RIFF') && isText(view, 8, 'WAVE'),
    seconds: wavSeconds,
  },
  { format: 'flac', starts: (view) => isText(view, 0, 'fLaC'), seconds: flacSeconds },
  { format: 'ogg', starts: (view) => isText(view, 0, 'OggS'), seconds: oggSeconds },
  { format: 'mp4', starts: (view) => isText(view, 4, 'ftyp'), seconds: mp4Seconds },
  {
    format: 'mp3',
    starts: (view) => isText(view, 0, 'ID3') || (view.byteLength > 4 && frameAt(view, 0) !== null),
    seconds: mp3Seconds,
  },
];

function isText(view: DataView, at: number, text: string): boolean {
  if (view.byteLength < at + text.length) return false;
  return Array.from(text).every((char, index) => view.getUint8(at + index) === char.charCodeAt(0));
}

/** http://soundfile.sapp.org/doc/WaveFormat/: what is there of the data, as streams write no size or a wrong one. */
function wavSeconds(view: DataView): number {
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    if (isText(view, at, 'fmt ')) bytesPerSecond = view.getUint32(at + 16, true);
    if (isText(view, at, 'data')) return Math.min(size, view.byteLength - at - 8) / bytesPerSecond;
    at += 8 + size + (size % 2);
  }
  return 0;
}

/** https://www.rfc-editor.org/rfc/rfc9639#section-8.2: the rate in 20 bits, 8 of other things, samples in 36. */
function flacSeconds(view: DataView): number {
  const rate = view.getUint32(18) >>> 12;
  return ((view.getUint8(21) & 0xf) * 2 ** 32 + view.getUint32(22)) / rate;
}

/** https://www.rfc-editor.org/rfc/rfc3533: the position of the last page, in samples; of Opus always of 48 kHz. */
function oggSeconds(view: DataView): number {
  const isOpus = isText(view, 28, 'OpusHead');
  if (!isOpus && !isText(view, 28, '\x01vorbis')) return 0;
  const rate = isOpus ? 48_000 : view.getUint32(40, true);
  // Samples that are thrown away at the beginning: https://www.rfc-editor.org/rfc/rfc7845#section-5.1.
  const skipped = isOpus ? view.getUint16(38, true) : 0;
  for (let at = view.byteLength - 27; at >= 0; at--) {
    if (!isText(view, at, 'OggS')) continue;
    const samples = view.getUint32(at + 10, true) * 2 ** 32 + view.getUint32(at + 6, true);
    return (samples - skipped) / rate;
  }
  return 0;
}

/** ISO/IEC 14496-12: `mvhd` within `moov` has a time scale and a duration, in 32 or 64 bits. */
function mp4Seconds(view: DataView): number {
  const moov = boxIn(view, 0, view.byteLength, 'moov');
  const mvhd = moov && boxIn(view, moov.start, moov.end, 'mvhd');
  if (!mvhd) return 0;
  const { start } = mvhd;
  return view.getUint8(start) === 1
    ? Number(view.getBigUint64(start + 24)) / view.getUint32(start + 20)
    : view.getUint32(start + 16) / view.getUint32(start + 12);
}

function boxIn(
  view: DataView,
  from: number,
  end: number,
  type: string,
): { start: number; end: number } | null {
  for (let at = from; at + 8 <= end; ) {
    const short = view.getUint32(at);
    const header = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - at : short;
    if (size < header) return null;
    if (isText(view, at + 4, type)) return { start: at + header, end: Math.min(end, at + size) };
    at += size;
  }
  return null;
}

/** kbit/s by index, layer III: http://www.mp3-tech.org/programmer/frame_header.html */
const MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];

/** An MPEG frame of layer III: its bytes and seconds. */
function frameAt(view: DataView, at: number): { size: number; seconds: number } | null {
  const header = view.getUint32(at);
  const version = (header >>> 19) & 3;
  const rate = RATES[(header >>> 10) & 3];
  const bitrate = (version === 3 ? MPEG1 : MPEG2)[(header >>> 12) & 15] ?? 0;
  // Eleven bits of sync; version 1 is none; layer III is 1.
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1 || !rate || bitrate === 0)
    return null;
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = version === 3 ? 1152 : 576;
  const size = Math.floor((samples / 8) * ((bitrate * 1000) / sampleRate)) + ((header >>> 9) & 1);
  return { size, seconds: samples / sampleRate };
}

/** Frame by frame, so that it is right for variable bit rates too. Metadata stands in front, and perhaps behind. */
function mp3Seconds(view: DataView): number {
  let at = isText(view, 0, 'ID3') ? 10 + synchsafe(view, 6) : 0;
  let seconds = 0;
  while (at + 4 <= view.byteLength) {
    const frame = frameAt(view, at);
    if (!frame) break;
    // The first frame may hold a table of contents and no sound.
    const isTable = seconds === 0 && isTableOfContents(view, at, frame.size);
    if (!isTable) seconds += frame.seconds;
    at += frame.size;
  }
  return seconds;
}

function isTableOfContents(view: DataView, from: number, size: number): boolean {
  for (let at = from + 4; at < from + Math.min(size, 48); at++) {
    if (isText(view, at, 'Xing') || isText(view, at, 'Info') || isText(view, at, 'VBRI')) return true;
  }
  return false;
}

/** Four times seven bits. */
function synchsafe(view: DataView, at: number): number {
  return [0, 1, 2, 3].reduce((sum, index) => sum * 128 + (view.getUint8(at + index) & 0x7f), 0);
}
