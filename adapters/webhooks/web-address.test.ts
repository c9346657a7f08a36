import { describe, expect, it } from 'vitest';
import { isPublicAddress, urlProblem } from './web-address.ts';

describe('an address', () => {
  it.each([
    ['93.184.215.14', true],
    ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', true],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fc00::1', false],
    ['fd00:ec2::254', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:93.184.215.14', true],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['2001::1', false],
    ['ff02::1', false],
    ['no address', false],
  ])('%s is public: %s', (address, isPublic) => expect(isPublicAddress(address)).toBe(isPublic));
});

describe('a URL to call', () => {
  it.each([
    ['https://hooks.example.com/a?b=c', undefined],
    ['https://hooks.example.com:8443/', undefined],
    ['https://93.184.215.14/', undefined],
    ['http://hooks.example.com/', /https/],
    ['ftp://hooks.example.com/', /https/],
    ['file:///etc/passwd', /https/],
    ['hooks.example.com', /absolute/],
    ['https://ada:secret@example.com/', /password/],
    ['https://example.com/#part', /fragment/],
    ['https://localhost/', /public internet/],
    ['https://a.localhost/', /public internet/],
    ['https://127.0.0.1/', /public internet/],
    ['https://2130706433/', /public internet/],
    ['https://0x7f.1/', /public internet/],
    ['https://[::1]/', /public internet/],
    ['https://[::ffff:7f00:1]/', /public internet/],
    ['https://169.254.169.254/latest/meta-data', /public internet/],
  ])('%s: %s', (url, problem) => {
    const found = urlProblem(url, { privateAddresses: false });
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  it.each(['http://127.0.0.1:8080/hook', 'http://localhost/', 'https://[::1]/'])('%s is fine where private addresses are', (url) =>
    expect(urlProblem(url, { privateAddresses: true })).toBeUndefined(),
  );
  it.each(['ftp://127.0.0.1/', 'http://a:b@127.0.0.1/'])('%s is not even there', (url) =>
    expect(urlProblem(url, { privateAddresses: true })).toBeDefined(),
  );
});
