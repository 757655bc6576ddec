// Keeps the page true while somebody looks at it. The server renders; this only fetches and puts into place.
(() => {
  'use strict';
  const POLL = 20000, SILENCE = 50000, TICK = 15000, NOTICE = 15000;
  const $ = (id) => document.getElementById(id);
  const twelve = document.documentElement.dataset.hours === '12';
  const here = `./${document.body.dataset.kept}`;
  const [NOW, SOON, MINUTE, MINUTES, HOUR, HOURS, BOTH, DAYS, AGO, IN, LOST, CHECKING, COPY, COPIED, PRESS, DEVICE, SETTING] = document.body.dataset.words.split('|');
  const say = (words, ...values) => words.replace(/#/g, () => values.shift());
  const isFull = () => document.body.dataset.view === 'full';
  let ahead = Number(document.body.dataset.now) * 1000 - Date.now(); // the server's clock before ours
  let seen = Date.now(), busy = null, again = false, source = null, poll = 0, watch = 0, going = 0, lost = false;

  // ---- times, in the words of page_text.c ----
  function words(instant) {
    const ago = Math.floor((Date.now() + ahead - instant) / 1000), size = Math.abs(ago);
    if (size < 60) return ago < 0 ? SOON : NOW;
    const minutes = Math.floor(size / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    const amount = minutes < 60 ? minutes === 1 ? MINUTE : say(MINUTES, minutes)
      : days >= 2 ? say(DAYS, days)
        : minutes % 60 ? say(BOTH, hours, minutes % 60) : hours === 1 ? HOUR : say(HOURS, hours);
    return say(ago < 0 ? IN : AGO, amount);
  }

  function tick() {
    for (const time of document.querySelectorAll('time')) {
      const text = words(Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
    if (lost) sayLost();
  }

  function sayLost() {
    const text = say(LOST, words(seen + ahead));
    if ($('offline').textContent !== text) $('offline').textContent = text;
    $('offline').hidden = false;
  }

  function setLost(is) {
    lost = is;
    if (is) sayLost();
    else {
      $('offline').hidden = true;
      $('offline').textContent = '';
    }
  }

  // What became of a button stands for a while; what is wrong with a secret stays.
  function letNoticeGo() {
    clearTimeout(going);
    if (isFull()) going = setTimeout(() => { $('notice').textContent = ''; }, NOTICE);
  }

  // ---- a newer page in place of this one ----
  // all: what is being read or used is replaced too, because it was asked for.
  function show(html, all) {
    const fresh = new DOMParser().parseFromString(html, 'text/html');
    if (!fresh.body.dataset.view || fresh.body.dataset.view !== document.body.dataset.view) {
      location.replace(here);
      return;
    }
    seen = Date.now();
    document.body.dataset.news = fresh.body.dataset.news;
    ahead = Number(fresh.body.dataset.now) * 1000 - seen;
    document.title = fresh.title;
    document.documentElement.className = fresh.documentElement.className;
    const open = [...document.querySelectorAll('[data-live] details[open]')].map((details) => details.id);
    for (const part of document.querySelectorAll('[data-live]')) {
      const newer = fresh.getElementById(part.id);
      // A part that is being read or used stays until the next time.
      if (!newer || !all && (part.id === 'notice' || part.contains(document.activeElement))) continue;
      if (part.tagName === 'TEXTAREA') part.value = newer.value;
      else if (part.innerHTML !== newer.innerHTML) part.innerHTML = newer.innerHTML;
    }
    if (all) letNoticeGo();
    for (const id of open) $(id)?.setAttribute('open', '');
    const token = fresh.querySelector('input[name=form_token]');
    for (const field of document.querySelectorAll('input[name=form_token]')) if (token) field.value = token.value;
    // A section that came or went: fixed settings take one away and bring others.
    const shape = (page) => [...page.querySelectorAll('main > section')].map((section) => section.getAttribute('aria-labelledby')).join();
    if (shape(fresh) !== shape(document)) location.replace(here);
    readOutAll();
    tick();
  }

  async function refresh(options) {
    if (busy && !options) {
      again = true;
      return false;
    }
    busy?.abort();
    const mine = busy = new AbortController();
    const late = setTimeout(() => mine.abort(), 20000);
    try {
      const answer = await fetch(here, { credentials: 'same-origin', cache: 'no-store', signal: mine.signal, ...options });
      if (!answer.headers.get('content-type')?.startsWith('text/html')) throw new Error(String(answer.status));
      const html = await answer.text();
      setLost(false);
      show(html, Boolean(options));
      return true;
    } catch {
      if (busy === mine && !document.hidden) setLost(true);
      return false;
    } finally {
      clearTimeout(late);
      if (busy === mine) {
        busy = null;
        if (again) refresh();
        again = false;
      }
    }
  }

  // ---- live: told by the server; where that does not work, asked for from time to time ----
  function pollOn() {
    clearInterval(poll);
    if (!document.hidden) poll = setInterval(() => refresh(), isFull() ? POLL : 3 * POLL);
  }

  function heard() {
    clearTimeout(watch);
    watch = setTimeout(() => {
      start();
      refresh();
    }, SILENCE);
  }

  function start() {
    stop();
    if (document.hidden) return;
    if (!isFull() || !window.EventSource) {
      pollOn();
      return;
    }
    source = new EventSource(`events?seen=${document.body.dataset.news}${document.body.dataset.kept.replace('?', '&')}`);
    heard();
    source.addEventListener('beat', heard);
    source.addEventListener('progress', (event) => {
      heard();
      if ($('progress').innerHTML === event.data) return;
      $('progress').innerHTML = event.data;
      if (!event.data) $('notice').textContent = ''; // "started" is old news
    });
    source.addEventListener('change', () => {
      heard();
      refresh();
    });
    source.addEventListener('open', () => {
      heard();
      clearInterval(poll);
      if (lost) refresh();
    });
    source.addEventListener('error', () => {
      // Refused, or too many listen: asking does as well. A broken line is tried again by the browser.
      pollOn();
      if (source?.readyState === EventSource.CONNECTING) refresh();
    });
  }

  function stop() {
    source?.close();
    source = null;
    clearInterval(poll);
    clearTimeout(watch);
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop();
    else {
      refresh();
      start();
    }
  });
  addEventListener('online', () => refresh());
  addEventListener('offline', () => setLost(true));

  // ---- what is drawn can be read out, moment by moment: by mouse, touch and keys ----
  // stops: [{ at, words(), big }] in their order, at from 0 to 1; a big one is caught from further away.
  // mark(stop or null) shows where.
  function readOut(drawing, stops, mark) {
    const said = $(drawing.dataset.said), rest = said.textContent;
    let now = -1;
    said.hidden = false;
    if (!stops.length) return;
    const go = (to) => {
      now = Math.max(0, Math.min(stops.length - 1, to));
      mark(stops[now]);
      said.textContent = stops[now].words();
      drawing.setAttribute('aria-valuenow', String(now + 1));
      drawing.setAttribute('aria-valuetext', said.textContent);
    };
    const leave = () => {
      mark(null);
      now = -1;
      said.textContent = rest;
    };
    const point = (event) => {
      const { left, width } = drawing.getBoundingClientRect(), at = (event.clientX - left) / width;
      const distance = (stop) => Math.abs(stop.at - at) * width;
      const nearest = (some) => some.reduce((best, stop) => distance(stop) < distance(best) ? stop : best, some[0]);
      const big = nearest(stops.filter((stop) => stop.big));
      go(stops.indexOf(big && distance(big) <= 9 ? big : nearest(stops)));
    };
    Object.entries({ role: 'slider', tabindex: '0', 'aria-valuemin': '1', 'aria-valuemax': String(stops.length), 'aria-valuenow': String(stops.length), 'aria-valuetext': rest })
      .forEach(([name, value]) => drawing.setAttribute(name, value));
    drawing.addEventListener('pointermove', point);
    drawing.addEventListener('pointerdown', point);
    drawing.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse' && document.activeElement !== drawing) leave(); });
    drawing.addEventListener('focus', () => { if (now < 0) go(stops.length - 1); });
    drawing.addEventListener('blur', leave);
    drawing.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -12, PageUp: 12, Home: -stops.length, End: stops.length }[event.key];
      if (!step) return;
      event.preventDefault();
      go(now + step);
    });
  }

  function readStrip(strip) {
    const bars = [...strip.querySelectorAll('rect')], count = bars.length;
    const stops = bars.map((bar, i) => ({ bar, at: (i + .5) / count, words: () => bar.textContent })).filter(({ bar }) => bar.firstElementChild);
    readOut(strip, stops, (stop) => bars.forEach((bar) => bar.classList.toggle('at', bar === stop?.bar)));
  }

  // The lists that page_picture_data.c writes.
  function readDay(drawing) {
    const { minutes, unit, clock, words } = drawing.dataset;
    const list = (name) => drawing.dataset[name].split(';').filter(Boolean).map((item) => item.split(' '));
    const [glucose, bolus, automatic, carbs, basal, profile, nothing] = words.split('|');
    const readings = list('readings'), boluses = list('boluses'), steps = list('steps'), segments = list('profile'), bars = list('bars'), marks = list('marks');
    const [first, jumps, by] = clock.split(',').map(Number);
    const wall = (minute) => (first + minute + (minute >= jumps ? by : 0) + 1440) % 1440;
    const two = (number) => String(number).padStart(2, '0');
    const when = (minute) => {
      const hour = Math.floor(wall(minute) / 60), rest = two(wall(minute) % 60);
      return twelve ? `${hour % 12 || 12}:${rest} ${hour < 12 ? 'AM' : 'PM'}` : `${two(hour)}:${rest}`;
    };
    const during = (spans, minute) => spans.filter(([from, until]) => minute >= from && minute < until);
    const tell = (minute) => {
      const near = readings.reduce((best, one) => !best || Math.abs(one[0] - minute) < Math.abs(best[0] - minute) ? one : best, null);
      const parts = [];
      if (near && Math.abs(near[0] - minute) <= 5) parts.push(`${glucose} ${near[1]} ${unit}`);
      for (const [, units, grams, own] of boluses.filter(([at]) => Math.abs(at - minute) <= 2)) {
        if (/[1-9]/.test(units)) parts.push(`${bolus} ${units} U${own === '1' ? ` (${automatic})` : ''}`);
        if (grams > 0) parts.push(`${carbs} ${grams} g`);
      }
      const [, rate] = steps.filter(([from]) => from <= minute).at(-1) ?? [];
      if (rate) {
        const planned = segments.filter(([from]) => from <= wall(minute)).at(-1);
        parts.push(`${basal} ${rate} U/h${planned ? ` (${profile} ${planned[1]})` : ''}`);
      }
      for (const [, , ...name] of during(bars, minute)) parts.push(name.join(' '));
      for (const [, ...name] of marks.filter(([at]) => Math.abs(at - minute) <= 2)) parts.push(name.join(' '));
      return `${when(minute)}: ${parts.join(', ') || nothing}`;
    };
    const big = new Set([...boluses, ...marks].map(([at]) => Number(at)));
    const all = new Set([...big, ...readings.map(([at]) => Number(at))]);
    for (let minute = 0; minute < minutes; minute += 15) all.add(minute);
    const stops = [...all].sort((a, b) => a - b).map((minute) => ({ at: minute / minutes, big: big.has(minute), words: () => tell(minute) }));
    const line = document.createElementNS(drawing.namespaceURI, 'line');
    line.setAttribute('class', 'cursor');
    line.setAttribute('y2', '100%');
    readOut(drawing, stops, (stop) => {
      if (!stop) return line.remove();
      for (const end of ['x1', 'x2']) line.setAttribute(end, `${stop.at * 100}%`);
      return drawing.append(line);
    });
  }

  function readOutAll() {
    const strip = $('strip'), day = $('day-drawing');
    if (strip && !strip.hasAttribute('tabindex')) readStrip(strip);
    if (day && !day.hasAttribute('tabindex')) readDay(day);
  }

  // ---- set-up: the browser knows a zone, and a good secret; lines are copied ----
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }

  function helpSetUp() {
    const guess = $('zone-guess'), zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (guess && zone) {
      const set = guess.dataset.zone, line = $('zone-line');
      if (line) line.textContent = line.textContent.replace(/=.*/, `=${zone}`);
      guess.textContent = say(DEVICE, zone) + (!set || set === zone ? '' : ` ${say(SETTING, set)}`);
      guess.hidden = false;
    }
    const secret = $('secret-line');
    if (secret) secret.textContent = secret.textContent.replace(/=.*/, `=${[...crypto.getRandomValues(new Uint8Array(15))].map((byte) => (byte % 36).toString(36)).join('')}`);
    for (const line of document.querySelectorAll('.line')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = COPY;
      button.setAttribute('aria-label', `${COPY} ${line.textContent.split('=')[0]}`);
      button.addEventListener('click', async () => {
        const done = await copyText(line.querySelector('code').textContent);
        if (!done) getSelection().selectAllChildren(line.querySelector('code'));
        button.textContent = done ? COPIED : PRESS;
        button.removeAttribute('aria-label');
      });
      line.append(button);
    }
  }

  // ---- buttons ----
  document.addEventListener('submit', async (event) => {
    if (!event.target.matches('[data-act]')) return;
    event.preventDefault();
    const button = event.submitter, form = event.target, body = new URLSearchParams(new FormData(form));
    if (button) body.set('action', button.value);
    const checks = button?.value === 'check';
    if (checks) $('check').textContent = CHECKING;
    for (const each of form.querySelectorAll('button')) each.setAttribute('aria-disabled', 'true');
    const done = await refresh({ method: 'POST', body });
    for (const each of form.querySelectorAll('button')) each.removeAttribute('aria-disabled');
    if (checks) $('check').scrollIntoView({ block: 'nearest' });
    else if (done) $('notice').scrollIntoView({ block: 'nearest' });
  });

  const share = $('share');
  if (share) {
    share.hidden = false;
    share.addEventListener('click', async () => {
      $('copied').textContent = await copyText(new URL('./', location.href).href) ? COPIED : new URL('./', location.href).href;
    });
  }

  const copy = $('copy');
  if (copy) {
    copy.hidden = false;
    copy.addEventListener('click', async () => {
      const text = $('diagnostics');
      let done = true;
      if (!await copyText(text.value)) {
        $('diagnostics-box').open = true;
        text.focus();
        text.select();
        done = document.execCommand('copy');
      }
      $('copied').textContent = done ? COPIED : PRESS;
      setTimeout(() => { $('copied').textContent = ''; }, 4000);
    });
  }

  // Loading it again says nothing twice, and no secret stays in the address.
  if (location.search) history.replaceState(null, '', here);
  letNoticeGo();
  helpSetUp();
  readOutAll();
  setInterval(tick, TICK);
  tick();
  start();
  // A link on another site comes without the cookie; asking from here brings it along.
  if (!isFull() && document.referrer && new URL(document.referrer).origin !== location.origin) refresh();
})();
