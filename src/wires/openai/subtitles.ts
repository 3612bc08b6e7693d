/** A piece of a transcript in time, seconds. */
export interface Segment {
  start: number;
  end: number;
  text: string;
}

/**
 * SubRip, as Whisper's own writer has it:
 * https://github.com/openai/whisper/blob/main/whisper/utils.py (WriteSRT)
 */
export function srtOf(segments: readonly Segment[]): string {
  return segments
    .map((segment, index) => `${index + 1}\n${timesOf(segment, ',')}\n${lineOf(segment)}\n\n`)
    .join('');
}

/** WebVTT (https://www.w3.org/TR/webvtt1/), with hours in every time, as OpenAI's API writes it. */
export function vttOf(segments: readonly Segment[]): string {
  const cues = segments.map((segment) => `${timesOf(segment, '.')}\n${lineOf(segment)}\n\n`);
  return `WEBVTT\n\n${cues.join('')}`;
}

function timesOf({ start, end }: Segment, mark: string): string {
  return `${timeOf(start, mark)} --> ${timeOf(end, mark)}`;
}

function timeOf(seconds: number, mark: string): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const digits = (value: number, width: number): string => String(Math.floor(value)).padStart(width, '0');
  const [hours, minutes] = [ms / 3_600_000, (ms / 60_000) % 60];
  return `${digits(hours, 2)}:${digits(minutes, 2)}:${digits((ms / 1000) % 60, 2)}${mark}${digits(ms % 1000, 3)}`;
}

/** An empty line would end the cue, and the arrow is not allowed in it. */
function lineOf({ text }: Segment): string {
  return text
    .trim()
    .replaceAll('-->', '->')
    .replace(/\n{2,}/g, '\n');
}
