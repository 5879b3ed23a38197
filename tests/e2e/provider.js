// A real OpenID provider for journeys (npm oidc-provider, certified), with its development pages for signing in. Whoever types a login
// comes back as LOGIN@halden.example, in the groups staff and crane.
import { Provider } from "oidc-provider";
import { createServer } from "node:http";

export const begin = async (redirects) => {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "tow",
        client_secret: "between tow and its provider",
        redirect_uris: [redirects.callback],
        post_logout_redirect_uris: [redirects.after],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name", "groups"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@halden.example`,
        email_verified: true,
        given_name: "Wren",
        family_name: "Aldous",
        groups: ["staff", "crane"],
      }),
    }),
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["only for journeys"] },
  });
  server.on("request", provider.callback());
  return { issuer, end: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())) };
};
