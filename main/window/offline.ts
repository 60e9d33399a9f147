/**
 * Nothing leaves the machine. The page's policy and the session's filter see requests of the page alone; Chromium also asks
 * on its own account, and resolves names, prefetches and sends datagrams past both. Every such way is closed here.
 */
import type { App, CommandLine, Session, WebContents } from 'electron';

/** Switches of Chromium, each with the reason for it; without a value where it takes none. */
const SWITCHES: Readonly<Record<string, string | null>> = {
  // The wall behind all others: no name and no address is ever resolved, whoever asks.
  'host-resolver-rules': 'MAP * ~NOTFOUND',
  // No proxy of the system or of the environment, and no search for one.
  'no-proxy-server': null,
  // `<link rel=dns-prefetch>` and the names in links.
  'dns-prefetch-disable': null,
  // `<a ping>`.
  'no-pings': null,
  // Variations, time, translation, certificates: what Chromium fetches while it idles.
  'disable-background-networking': null,
  'disable-component-update': null,
  'disable-domain-reliability': null,
  'disable-sync': null,
  'disable-client-side-phishing-detection': null,
  'safebrowsing-disable-auto-update': null,
  'disable-field-trial-config': null,
  'disable-breakpad': null,
  'disable-crash-reporter': null,
  // Datagrams: QUIC, and WebRTC where the policy below is not yet set.
  'disable-quic': null,
  'force-webrtc-ip-handling-policy': 'disable_non_proxied_udp',
  'disable-features': [
    // WebRTC tells the local network the names it gives its addresses.
    'WebRtcHideLocalIpsWithMdns',
    // Names by HTTPS, and by a resolver of its own.
    'DnsOverHttps',
    'AsyncDns',
    'NetworkTimeServiceQuerying',
    'CertificateTransparencyComponentUpdater',
    'OptimizationHints',
    'MediaRouter',
    'DialMediaRouteProvider',
    'NetworkErrorLogging',
    'Reporting',
    'FedCm',
  ].join(','),
};

/** Before the application is ready: Chromium reads its switches once. */
export function stayOffline(commandLine: Pick<CommandLine, 'appendSwitch'>): void {
  for (const [name, value] of Object.entries(SWITCHES)) {
    if (value === null) commandLine.appendSwitch(name);
    else commandLine.appendSwitch(name, value);
  }
}

/** Once the application is ready. */
export function resolveNothing(app: Pick<App, 'configureHostResolver'>): void {
  app.configureHostResolver({ enableBuiltInResolver: false, secureDnsMode: 'off' });
}

/** Whatever a window's own `spellcheck: false` says, the session's spell checker fetches a dictionary at each start. */
export function spellNothing(session: Session): void {
  session.setSpellCheckerEnabled(false);
  // macOS has the system's, which takes no languages.
  if (process.platform !== 'darwin') session.setSpellCheckerLanguages([]);
}

/** WebRTC's datagrams go past every filter; without a proxy, which there is none of, this leaves none. */
export function sendNoDatagrams(contents: WebContents): void {
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}
