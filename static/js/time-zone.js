// Tells the server the reader's time zone, so that the next page shows local times.
const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
const wanted = `${document.documentElement.dataset.zone}=${name}`;

if (name && !document.cookie.split("; ").includes(wanted)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${wanted}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
