import { describe, expect, it } from 'vitest';
import { durationOf, formatOf } from '../../../src/lib/audio/duration.ts';

const bytes = (...parts: (string | number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ),
  );
const le32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
const be32 = (value: number) => le32(value).reverse();
const zeros = (count: number) => new Uint8Array(count);

/** 16,000 bytes a second. */
const wav = (declared: number, there: number, more: number[] | string = []) =>
  bytes(
    'RIFF',
    le32(0),
    'WAVE',
    more,
    'fmt ',
    le32(16),
    [1, 0, 1, 0],
    le32(8000),
    le32(16_000),
    [2, 0, 16, 0],
    'data',
    le32(declared),
    zeros(there),
  );

/** MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes, 1152 samples. */
const frame = (inside = '') =>
  bytes([0xff, 0xfb, 0x90, 0x00], zeros(32), inside, zeros(417 - 36 - inside.length));
/** MPEG 2, layer III, 64 kbit/s, 24 kHz: 192 bytes, 576 samples. */
const lowFrame = () => bytes([0xff, 0xf3, 0x84, 0x00], zeros(188));

const page = (granule: number, ...body: (string | number[])[]) =>
  bytes('OggS', [0, 0], le32(granule), le32(0), zeros(12), [1, 0], ...body);

const box = (type: string, ...body: (string | number[] | Uint8Array)[]) => {
  const inside = bytes(...body);
  return bytes(be32(8 + inside.byteLength), type, inside);
};

describe('the length of sound', () => {
  it.each<[string, string, Uint8Array, number]>([
    ['a WAV file', 'wav', wav(16_000, 16_000), 1000],
    [
      'one with other things in front',
      'wav',
      wav(8_000, 8_000, bytes('LIST', le32(3), 'abc', [0]) as never),
      500,
    ],
    ['one whose length was not known when it was written', 'wav', wav(0xffffffff, 4_000), 250],
    [
      'FLAC: 20 bits of rate, 36 of samples',
      'flac',
      bytes('fLaC', [0, 0, 0, 34], zeros(10), [0x0a, 0xc4, 0x42, 0xf0], be32(88_200)),
      2000,
    ],
    [
      'Ogg with Opus, less what is skipped',
      'ogg',
      bytes(page(0, 'OpusHead', [1, 1], [0x38, 0x01], zeros(8) as never), page(48_312)),
      1000,
    ],
    ['Ogg with Vorbis', 'ogg', bytes(page(0, '\x01vorbis', le32(0), [1], le32(22_050)), page(44_100)), 2000],
    [
      'MP4',
      'mp4',
      bytes(
        box('ftyp', 'M4A '),
        box('free'),
        box('moov', box('mvhd', [0, 0, 0, 0], zeros(8), be32(1000), be32(2500))),
      ),
      2500,
    ],
    [
      'MP4 in 64 bits',
      'mp4',
      bytes(
        box('ftyp', 'isom'),
        box('moov', box('mvhd', [1, 0, 0, 0], zeros(16), be32(600), zeros(4), be32(900))),
      ),
      1500,
    ],
    ['MP3', 'mp3', bytes(...Array.from({ length: 100 }, () => frame())), 2612],
    [
      'MP3 behind tags and a table of contents',
      'mp3',
      bytes(
        'ID3',
        [4, 0, 0, 0, 0, 1, 0],
        zeros(128),
        frame('Xing'),
        ...Array.from({ length: 50 }, () => frame()),
      ),
      1306,
    ],
    [
      'MP3 of a low rate, with tags behind',
      'mp3',
      bytes(...Array.from({ length: 50 }, lowFrame), 'TAG', zeros(125)),
      1200,
    ],
  ])('of %s', (_, format, file, ms) => {
    expect(durationOf(file)).toBe(ms);
    expect(formatOf(file)).toBe(format);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a text', bytes('Hello, this is a text and no sound.')],
    ['WebM', bytes([0x1a, 0x45, 0xdf, 0xa3], zeros(100))],
    ['a WAV file that ends in its header', wav(0, 0).subarray(0, 20)],
    ['a WAV file without sound', wav(0, 0)],
    ['FLAC that ends in its header', bytes('fLaC', zeros(6))],
    ['FLAC that does not say', bytes('fLaC', [0, 0, 0, 34], zeros(34))],
    ['Ogg with something else', bytes(page(0, 'Speex   '), page(100))],
    ['MP4 without a header', bytes(box('ftyp', 'M4A '), box('mdat', zeros(100)))],
    ['MP4 whose boxes are of no size', bytes(box('ftyp', 'M4A '), be32(2), 'moov', zeros(100))],
    ['tags alone', bytes('ID3', [4, 0, 0, 0, 0, 0, 10], zeros(10))],
  ])('is not known of %s', (_, file) => expect(durationOf(file)).toBeNull());

  it('of any bytes is none, or a length', () => {
    let seed = 1;
    const heads = ['RIFF\0\0\0\0WAVE', 'fLaC', 'OggS', '\0\0\0\x08ftyp', 'ID3', '\xff\xfb\x90\0', ''];
    for (let round = 0; round < 2000; round++) {
      const noise = Uint8Array.from({ length: round % 150 }, () => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return seed >>> 24;
      });
      const ms = durationOf(bytes(heads[round % heads.length] ?? '', noise));
      expect(ms === null || (Number.isInteger(ms) && ms > 0)).toBe(true);
    }
  });
});
