/** What a page would try that wants to reach the network. Each way has a host or an address of its own. */
export const HOSTILE = `(async () => {
  const told = [];
  const attempt = async (name, work) => {
    try { await work(); } catch (error) { told.push(name + ': ' + error); }
  };
  const element = (tag, properties) => {
    const made = Object.assign(document.createElement(tag), properties);
    document.body.append(made);
    return made;
  };
  for (const rel of ['dns-prefetch', 'preconnect', 'prefetch', 'preload', 'modulepreload', 'prerender', 'icon',
    'stylesheet', 'manifest'])
    element('link', { rel, as: rel === 'preload' ? 'image' : '', href: 'https://' + rel + '.example.org/x' });
  await attempt('WebRTC', async () => {
    const connection = new RTCPeerConnection({ iceServers: [
      { urls: 'stun:stun.example.org:3478' }, { urls: 'stun:198.51.100.7:3478' },
      { urls: 'turn:198.51.100.8:3478?transport=tcp', username: 'a', credential: 'b' },
      { urls: 'turns:198.51.100.9:5349', username: 'a', credential: 'b' } ] });
    connection.createDataChannel('x');
    await connection.setLocalDescription(await connection.createOffer());
  });
  await attempt('fetch', () => Promise.race([fetch('https://198.51.100.10/'), fetch('https://fetch.example.org/')]));
  await attempt('XMLHttpRequest', () => {
    const request = new XMLHttpRequest();
    request.open('GET', 'https://xhr.example.org/');
    request.send();
  });
  await attempt('WebSocket', () => new WebSocket('ws://198.51.100.11/'));
  await attempt('WebTransport', () => new WebTransport('https://198.51.100.12:4433/'));
  await attempt('EventSource', () => new EventSource('https://events.example.org/'));
  await attempt('beacon', () => navigator.sendBeacon('https://beacon.example.org/', 'x'));
  await attempt('import', () => import('https://module.example.org/a.js'));
  await attempt('worker', () => new Worker('https://worker.example.org/a.js'));
  await attempt('shared worker', () => new SharedWorker('https://shared.example.org/a.js'));
  await attempt('service worker', () => navigator.serviceWorker.register('https://service.example.org/a.js'));
  await attempt('credentials', () => navigator.credentials.get({
    identity: { providers: [{ configURL: 'https://identity.example.org/c.json', clientId: 'x' }] } }));
  await attempt('payment', () => new PaymentRequest([{ supportedMethods: 'https://pay.example.org/' }],
    { total: { label: 'x', amount: { currency: 'EUR', value: '1' } } }).canMakePayment());
  await attempt('font', () => new FontFace('x', 'url(https://font.example.org/a.woff2)').load());
  for (const tag of ['img', 'script', 'iframe', 'embed', 'audio', 'video', 'track'])
    element(tag, { src: 'https://' + tag + '.example.org/x' });
  element('object', { data: 'https://object.example.org/x' });
  element('div', {}).style.backgroundImage = 'url(https://style.example.org/x.png)';
  element('textarea', { value: 'helo wrold', spellcheck: true }).focus();
  element('a', { href: '#x', ping: 'https://ping.example.org/' }).click();
  element('a', { href: 'https://download.example.org/x', download: 'x' }).click();
  element('a', { href: 'https://link.example.org/', target: '_blank' }).click();
  element('form', { method: 'post', action: 'https://form.example.org/' }).submit();
  await attempt('window.open', () => window.open('https://open.example.org/'));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  location.href = 'https://navigation.example.org/';
  await new Promise((resolve) => setTimeout(resolve, 500));
  return told;
})()`;
