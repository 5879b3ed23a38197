// Words: English fallbacks for every text a script says. The layout overrides each with data-text-… on <body> (data-text-undo).
const words = {
  copied: "Copied",
  copyFailed: "Could not copy. Select the text and copy it by hand.",
  dismiss: "Dismiss",
  draftFound: "You have unsaved text from {time}.",
  draftRestore: "Restore",
  draftDiscard: "Discard",
  moved: "{name}: {list}, place {place} of {count}",
  uploading: "Uploading {name}",
  uploadTooLarge: "{name} is too large. At most {limit} MB fit.",
  uploadFailed: "{name} could not be uploaded.",
  suggestions: "Suggestions",
  relNow: "now",
  relMinutes: "{count} min",
  relHours: "{count} h",
  relDays: "{count} d",
  blip: "The connection was lost for a moment. Please try that again.",
  passkeyFailed: "The device did not answer, or you stopped it. Try again, or use another way.",
  error403: "You may not do this. Ask an admin of the project.",
  error404: "This is no longer here, or you may not see it.",
  error409: "Someone else changed this at the same time. Load the page again and repeat your change.",
  error413: "This is too large.",
  error422: "Something in the form is not right yet. Nothing was saved.",
  error429: "Too many requests at once. Wait a moment and try again.",
  error500: "Something went wrong on the server. Nothing was saved; please try again.",
  error: "That did not work. Nothing was saved; please try again.",
};

for (const [name, text] of Object.entries(words)) {
  const key = "text" + name[0].toUpperCase() + name.slice(1);
  document.body.dataset[key] ??= text;
}
