/** An OpenID Connect provider on loopback, for tests. Its one argument: JSON {port, packages, client_id, secret, origin, id}. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { generateKeyPairSync } from "node:crypto";

const given = JSON.parse(process.argv[2]);
const { default: Provider } = await import(pathToFileURL(createRequire(given.packages).resolve("oidc-provider")));
const issuer = `http://127.0.0.1:${given.port}`;
const path = `${given.origin}/api/v1/oidc/${given.id}`;
/** Who there is, by name: what their claims are, and how they show who they are. */
const people = new Map();

function newKey(kid) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
}

/** Everybody agrees to everything: the client is their own employer's. */
async function agreed({ oidc }) {
  const known = oidc.session.grantIdFor(oidc.client.clientId);
  if (known) return oidc.provider.Grant.find(known);
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid profile groups");
  await grant.save();
  return grant;
}

const common = {
  redirect_uris: [`${path}/callback`], post_logout_redirect_uris: [`${given.origin}/console/`], response_types: ["code"],
  grant_types: ["authorization_code"], backchannel_logout_uri: `${path}/logout`, backchannel_logout_session_required: true,
};
const provider = new Provider(issuer, {
  clients: [
    { ...common, client_id: given.client_id, client_secret: given.secret },
    { ...common, client_id: `${given.client_id}-public`, token_endpoint_auth_method: "none" },
  ],
  jwks: { keys: [newKey("one")] },
  cookies: { keys: ["only for tests"] },
  conformIdTokenClaims: false,
  claims: { openid: ["sub", "amr"], acr: null, sid: null, auth_time: null, iss: null, profile: ["preferred_username", "name"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  features: {
    devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true },
  },
  interactions: { url: (_, interaction) => `/person/${interaction.uid}` },
  findAccount: (_, id) => people.has(id) && { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) },
  loadExistingGrant: agreed,
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // the one given refuses addresses of this machine
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 300, AccessToken: 300 },
});
const form = `<!doctype html><html lang="en"><title>Provider</title><form method="post"><label>Name <input name="name" autofocus></label>
<button>Sign in</button><button name="refused" value="1">Refuse</button></form></html>`;

async function read(request) {
  let text = "";
  for await (const bytes of request) text += bytes;
  return text;
}

/** The page on which somebody says who they are. */
async function person(context) {
  if (context.method === "GET") {
    context.type = "html";
    context.body = form;
    return;
  }
  const said = new URLSearchParams(await read(context.req));
  const result = said.has("refused") || !people.has(said.get("name"))
    ? { error: "access_denied", error_description: "Not this time." }
    : { login: { accountId: said.get("name"), amr: people.get(said.get("name")).amr, acr: people.get(said.get("name")).acr } };
  await provider.interactionFinished(context.req, context.res, result, { mergeWithLastSubmission: false });
  context.respond = false;
}

provider.use(async (context, next) => {
  if (context.path === "/people" && context.method === "PUT") {
    for (const [name, claims] of Object.entries(JSON.parse(await read(context.req)))) people.set(name, claims);
    context.status = 204;
  } else if (context.path.startsWith("/person/")) await person(context);
  else await next();
});
for (const event of ["server_error", "backchannel.error"]) provider.on(event, (_, error) => console.error(event, error));
provider.listen(given.port, "127.0.0.1", () => console.log("ready"));
