// A device that keeps passkeys and opens them by itself, as Chromium plays one.
export const addDevice = async (context, page) => {
  const chromium = await context.newCDPSession(page);
  await chromium.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  await chromium.send("WebAuthn.addVirtualAuthenticator", { options });
};
