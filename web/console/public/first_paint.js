// SPDX-License-Identifier: Apache-2.0
// Sets theme and language before the first paint, so that a dark room never sees a white flash.
(function () {
  var root = document.documentElement;
  var stored = null;
  var language = new URLSearchParams(location.search).get('lang');
  try {
    stored = localStorage.getItem('horad.theme');
    language = language || localStorage.getItem('horad.language');
  } catch {
    // Storage can be forbidden; the system's choice is used then.
  }
  var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  if (language === 'be' || language === 'ru' || language === 'en') root.lang = language;
})();
