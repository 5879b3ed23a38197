// A real SAML provider for journeys (npm samlp, which Auth0 runs), and a page of ours before it where somebody signs in: whoever types a
// login comes back as LOGIN@halden.example.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import samlp from "samlp";
import SessionParticipants from "samlp/lib/sessionParticipants/index.js";

const identity = () => {
  const folder = mkdtempSync(join(tmpdir(), "tow-saml-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=halden", "-keyout", key, "-out", cert];
  execFileSync("openssl", words, { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
};

const page = (query) => `<!doctype html><title>Provider</title><form action="/sso"><input name="login" aria-label="Login">
${[...query].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join("")}<button>Sign in</button></form>`;

export const begin = async (answersTo) => {
  const { key, cert } = identity();
  const asked = [];
  const issuer = "urn:halden:provider";
  // Its one session; what it knows of the server's key, once somebody entered it.
  const [session, known] = ["_session-1", {}];
  const options = () => ({
    issuer,
    cert,
    key,
    destination: answersTo,
    recipient: answersTo,
    getPostURL: (audience, request, req, done) => done(null, answersTo),
    getUserFromRequest: (req) => ({
      id: req.query.login,
      displayName: "Wren Aldous",
      name: { givenName: "Wren", familyName: "Aldous" },
      emails: [{ value: `${req.query.login}@halden.example` }],
    }),
    nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    sessionIndex: session,
    ...known,
  });
  const [kept, leaving] = [new Map(), []];
  const logout = (nameId) =>
    samlp.logout({
      issuer,
      cert,
      key,
      deflate: true,
      signatureAlgorithm: "rsa-sha256",
      digestAlgorithm: "sha256",
      protocolBinding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
      sessionParticipants: new SessionParticipants([
        { serviceProviderId: `${answersTo}/metadata`, nameId, sessionIndex: session, serviceProviderLogoutURL: answersTo, cert: known.signingCert },
      ]),
      store: {
        save: (req, state, done) => (kept.set(String(kept.size), state), done(null, String(kept.size - 1))),
        load: (req, name, ...rest) => rest.at(-1)(null, kept.get(name)),
        update: (req, name, state, done) => (kept.set(name, state), done()),
      },
    });
  const leaves = {};
  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://127.0.0.1");
    const html = (text) => res.writeHead(200, { "content-type": "text/html" }).end(text);
    req.query = Object.fromEntries(url.searchParams);
    req.body = {};
    res.set = (name, value) => res.setHeader(name, value);
    res.send = (first, second) => (typeof first === "number" ? res.writeHead(first).end(String(second ?? "")) : res.end(first));
    res.redirect = (to) => res.writeHead(302, { location: to }).end();
    const broken = (error) => res.writeHead(500).end(String(error));
    if (url.pathname === "/slo") {
      leaving.push(req.query);
      return logout(leaves.login)(req, res, broken);
    }
    if (url.pathname !== "/sso") return res.writeHead(404).end();
    if (!url.searchParams.get("login")) return html(page(url.searchParams));
    asked.push(req.query);
    leaves.login = req.query.login;
    return samlp.auth(options())(req, res, broken);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const here = `http://127.0.0.1:${server.address().port}`;
  const bare = cert.replace(/-----[A-Z ]+-----|\s/g, "");
  const metadata = `<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${issuer}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${here}/sso"/>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${here}/slo"/></IDPSSODescriptor></EntityDescriptor>`;
  // From now on it encrypts for this certificate, and takes only what its key signed.
  const learn = (pem) => {
    known.signingCert = pem;
    known.encryptionCert = pem;
    known.encryptionPublicKey = new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" });
    known.encryptionAlgorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
  };
  return { issuer, metadata, asked, leaving, learn, out: `${here}/slo`, end: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())) };
};
