/** An amount for people, USD: three significant digits, without an exponent. */
export function usd(amount: number): string {
  if (amount === 0) return '0';
  const digits = Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(Math.abs(amount)))));
  const text = amount.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
