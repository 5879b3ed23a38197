// A real SAML provider for journeys (npm samlp, which Auth0 runs), and a page of ours before it where somebody signs in: whoever types a
// login comes back as LOGIN@halden.example.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import samlp from "samlp";

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
  const answer = samlp.auth({
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
  });
  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://127.0.0.1");
    const html = (text) => res.writeHead(200, { "content-type": "text/html" }).end(text);
    if (url.pathname !== "/sso") return res.writeHead(404).end();
    if (!url.searchParams.get("login")) return html(page(url.searchParams));
    req.query = Object.fromEntries(url.searchParams);
    asked.push(req.query);
    res.set = (name, value) => res.setHeader(name, value);
    res.send = (first, second) => (typeof first === "number" ? res.writeHead(first).end(String(second ?? "")) : res.end(first));
    return answer(req, res, (error) => res.writeHead(500).end(String(error)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const signIn = `http://127.0.0.1:${server.address().port}/sso`;
  const bare = cert.replace(/-----[A-Z ]+-----|\s/g, "");
  const metadata = `<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${issuer}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${signIn}"/></IDPSSODescriptor></EntityDescriptor>`;
  return { issuer, metadata, asked, end: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())) };
};
