import { describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from '../../../src/tenancy/people/password.ts';
import { addressOf } from '../../../src/tenancy/people/visit.ts';

describe('a stored password', () => {
  it('is verified by itself alone', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword({ password: 'correct horse', hash })).toBe(true);
    expect(await verifyPassword({ password: 'correct horsf', hash })).toBe(false);
    expect(await verifyPassword({ password: '', hash })).toBe(false);
  });

  it('is another each time', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it('is PBKDF2 as others compute it', async () => {
    // Python: hashlib.pbkdf2_hmac('sha256', b'password', b'0123456789abcdef', 100000)
    const hash = 'pbkdf2-sha256$100000$MDEyMzQ1Njc4OWFiY2RlZg==$p1GQp5LNWdbZyMOmOxHCdq1EmXK3iG4cLYGcKGBTNm8=';
    expect(await verifyPassword({ password: 'password', hash })).toBe(true);
  });

  it('is the same however a keyboard composes a letter', async () => {
    const hash = await hashPassword('caf\u00e9 au lait');
    expect(await verifyPassword({ password: 'cafe\u0301 au lait', hash })).toBe(true);
  });

  it.each([
    '',
    'password',
    'pbkdf2-sha256$1$$',
    'pbkdf2-sha256$0$MDEyMzQ1Njc4OWFiY2RlZg==$AAAA',
    'pbkdf2-sha256$9999999$MDEyMzQ1Njc4OWFiY2RlZg==$AAAA',
    'scrypt$100000$MDEyMzQ1Njc4OWFiY2RlZg==$AAAA',
    'pbkdf2-sha256$100000$MDEyMzQ1Njc4OWFiY2RlZg==$AAAA',
  ])('that is none verifies nothing: %j', async (hash) => {
    expect(await verifyPassword({ password: 'password', hash })).toBe(false);
  });
});

describe('the address of attempts', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, counted) => {
    const visit = { headers: new Headers({ 'cf-connecting-ip': address }), origin: '', waitUntil: () => {} };
    expect(addressOf(visit)).toBe(counted);
  });
});
