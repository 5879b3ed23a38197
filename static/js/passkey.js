// Passkeys: a form with data-passkey="/where/to/ask" (hidden fields ceremony and credential, [data-passkey-error]) asks that address for
// a question, puts it to the device, and is sent with the answer. A question about a user makes a key, any other uses one.
const BINARY = ["challenge", "id"];
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const base64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const decode = (value, name) => {
  if (Array.isArray(value)) return value.map((item) => decode(item));
  if (typeof value === "string") return BINARY.includes(name) ? bytes(value) : value;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, key)]));
};

// rp.id is a name, not bytes.
const prepare = ({ publicKey: { rp, ...rest } }) => ({ publicKey: { ...decode(rest), ...(rp && { rp }) } });

const plain = (credential) => {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const sent = parts.filter((part) => response[part]).map((part) => [part, base64(response[part])]);
  return JSON.stringify({
    id: credential.id,
    rawId: base64(credential.rawId),
    type: credential.type,
    extensions: {},
    response: { ...Object.fromEntries(sent), ...(response.getTransports && { transports: response.getTransports() }) },
  });
};

const fail = (form, text) => {
  const place = form.querySelector("[data-passkey-error]");
  place.textContent = text;
  place.hidden = false;
};

const run = async (form) => {
  const asked = await fetch(form.dataset.passkey, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form)),
  });
  const told = await asked.json();
  if (!asked.ok) return fail(form, told.detail ?? document.body.dataset.textError);
  const options = prepare(told.options);
  const made = options.publicKey.user
    ? await navigator.credentials.create(options)
    : await navigator.credentials.get(options);
  form.elements.ceremony.value = told.ceremony;
  form.elements.credential.value = plain(made);
  form.requestSubmit();
};

window.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-passkey]") || form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    run(form).catch(() => fail(form, document.body.dataset.textPasskeyFailed));
  },
  true,
);
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-passkey]")) form.elements.credential.value = "";
});
