// One identity provider on loopback: node provider.mjs '<settings as JSON>'. Prints "ready <issuer>" when it listens.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { port, client, people, inIdToken } = JSON.parse(process.argv[2]);
const server = createServer();
await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const provider = new Provider(issuer, {
  clients: [{ ...client, grant_types: ["authorization_code"], response_types: ["code"] }],
  jwks: { keys: [{ ...key, kid: `key-of-${server.address().port}`, use: "sig", alg: "RS256" }] },
  cookies: { keys: [issuer] },
  scopes: ["openid", "profile", "email", "groups"],
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  // The standard puts most claims into userinfo; many providers put them into the ID token. The tests meet both.
  conformIdTokenClaims: !inIdToken,
  features: {
    rpInitiatedLogout: {
      logoutSource(context, form) {
        context.body = `<!doctype html>${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`;
      },
    },
  },
  // Everybody's name is a password here: the pages are the library's own, for development.
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
server.on("request", provider.callback());
process.stdout.write(`ready ${issuer}\n`);
