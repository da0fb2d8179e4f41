/** The parts of the page, from what matters most to what is looked up. */
import type { ComponentChildren } from 'preact';
import { Chart } from './chart';
import type { BackendLook, FromPage, Note, PageCommand, RequestLine, Snapshot, Sum, TunnelStep } from './pageMessages';
import { clock, count, dollars, duration, legendOf, many, shortDay, t } from './words';

type Send = (message: FromPage) => void;

/** Requests in the pictures. */
const DRAWN = 40;
/** Requests in the list. */
const LISTED = 25;

export function Dashboard({ snapshot, send, theme }: { snapshot: Snapshot; send: Send; theme: string }) {
  const { phase, requests } = snapshot;
  if (phase !== 'running') return <NotRunning snapshot={snapshot} send={send} />;
  return (
    <>
      <h1 class="unseen">LLM Router</h1>
      <Address snapshot={snapshot} send={send} />
      {snapshot.message && <p class="note">{snapshot.message}</p>}
      <Troubles troubles={snapshot.troubles} send={send} />
      {snapshot.bodyLog && (
        <p class="note warn">
          {t`Bodies of requests and answers are being logged.`} <Run command="logBodies" send={send} words={t`Stop`} />
        </p>
      )}
      <Today snapshot={snapshot} />
      {requests.length === 0 ? (
        <FirstSteps snapshot={snapshot} send={send} />
      ) : (
        <Pictures snapshot={snapshot} theme={theme} />
      )}
      {requests.length > 0 && <Cost snapshot={snapshot} theme={theme} />}
      <Backends backends={snapshot.backends} send={send} />
      {requests.length > 0 && <Requests requests={requests} send={send} />}
    </>
  );
}

function Section({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <section class={wide ? 'wide' : ''} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Run({ command, words, send, main }: { command: PageCommand; words: string; send: Send; main?: boolean }) {
  return (
    <vscode-button secondary={!main} onClick={() => send({ type: 'run', command })}>
      {words}
    </vscode-button>
  );
}

function Troubles({ troubles, send }: { troubles: Note[]; send: Send }) {
  if (troubles.length === 0) return null;
  return (
    <ul class="troubles wide" aria-label={t`What is wrong`}>
      {troubles.map(({ text, action, tone }) => (
        <li key={text} class={`note ${tone}`}>
          {text}{' '}
          <vscode-button secondary onClick={() => send({ type: 'mend', text })}>
            {action}
          </vscode-button>
        </li>
      ))}
    </ul>
  );
}

function NotRunning({ snapshot: { phase, message, troubles }, send }: { snapshot: Snapshot; send: Send }) {
  const words = {
    starting: t`LLM Router is starting…`,
    stopped: t`LLM Router is stopped.`,
    failed: t`LLM Router is not running.`,
    running: 'LLM Router',
  }[phase];
  return (
    <section class="wide first" aria-live="polite">
      <h1>{words}</h1>
      {message && <p>{message}</p>}
      {phase === 'stopped' && <Troubles troubles={troubles} send={send} />}
      <p class="buttons">
        {phase !== 'starting' && <Run command="startRouter" words={t`Start Router`} send={send} main />}
        <Run command="showLog" words={t`Show Log`} send={send} />
      </p>
    </section>
  );
}

function Address({ snapshot, send }: { snapshot: Snapshot; send: Send }) {
  const { url, urlWorks, keyHint, tunnel, history, now } = snapshot;
  return (
    <Section title={t`For Cursor`} wide>
      <dl class="address">
        <dt>{urlWorks ? 'URL' : t`URL on this machine`}</dt>
        <dd>
          <code>{url}</code>{' '}
          <Run command="copyBaseUrl" words={urlWorks ? t`Copy URL` : t`Get URL`} send={send} main={urlWorks} />
        </dd>
        <dt>{t`Key`}</dt>
        <dd>
          <code>{keyHint ?? t`none yet`}</code> <Run command="copyApiKey" words={t`Copy Key`} send={send} />
        </dd>
        <dt>{t`Tunnel`}</dt>
        <dd>
          <span class={`dot ${tunnel.tone}`} aria-hidden="true" /> {t`${tunnel.words} since ${clock(tunnel.at)}`}{' '}
          {!urlWorks && <Run command="setUpTunnel" words={t`Set Up Tunnel…`} send={send} />}
        </dd>
      </dl>
      {tunnel.message && tunnel.tone !== 'good' && <p class="note">{tunnel.message}</p>}
      {history.length > 1 && <TimeLine history={history} now={now} />}
    </Section>
  );
}

/** Each state as long as it lasted, with a least width, so that a short break is seen, too. */
function TimeLine({ history, now }: { history: TunnelStep[]; now: number }) {
  const steps = history.slice(-40);
  const first = steps[0] as TunnelStep;
  const whole = Math.max(now - first.at, 1);
  const parts = steps.map((step, index) => ({ ...step, ms: (steps[index + 1]?.at ?? now) - step.at }));
  const told = parts.map((part) => `${clock(part.at)} ${part.words}`).join(', ');
  return (
    <figure class="timeline">
      <div class="strip" role="img" aria-label={t`States of the tunnel: ${told}`}>
        {parts.map((part) => (
          <span
            key={part.at}
            class={part.tone}
            style={{ flexGrow: part.ms / whole }}
            title={`${clock(part.at)} ${part.words}, ${duration(part.ms)}`}
          />
        ))}
      </div>
      <figcaption aria-hidden="true">
        <span>{clock(first.at)}</span>
        <span>{t`now`}</span>
      </figcaption>
      <ul class="legend" aria-hidden="true">
        {legendOf(parts).map(({ tone, words }) => (
          <li key={words}>
            <span class={`dot ${tone}`} /> {words}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Today({ snapshot: { running, today } }: { snapshot: Snapshot }) {
  const tiles: [string, string][] = [
    [t`Running`, count(running)],
    [t`Requests today`, count(today.requests)],
    [t`Tokens today`, count(today.tokens)],
    [today.costKnown ? t`Cost today` : t`Cost today, at least`, dollars(today.cost)],
  ];
  return (
    <dl class="tiles wide">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function FirstSteps({ snapshot: { backends, urlWorks }, send }: { snapshot: Snapshot; send: Send }) {
  return (
    <Section title={t`No requests yet`} wide>
      <ol class="steps">
        {backends.length === 0 && (
          <li>
            {t`Add the place where your models come from; until then only the model demo/echo answers.`}
            <Run command="addBackend" words={t`Add Backend…`} send={send} main />
          </li>
        )}
        {!urlWorks && (
          <li>
            {t`Cursor's servers need a public URL.`}
            <Run command="setUpTunnel" words={t`Set Up Tunnel…`} send={send} />
          </li>
        )}
        <li>
          {t`Paste the URL and the key into Cursor's model settings.`}
          <Run command="openCursorModelSettings" words={t`Open Cursor Settings`} send={send} />
        </li>
        <li>
          {t`Add a model name there and ask something.`}
          <Run command="copyModelName" words={t`Copy Model Name…`} send={send} />
        </li>
      </ol>
    </Section>
  );
}

function Pictures({ snapshot, theme }: { snapshot: Snapshot; theme: string }) {
  const shown = snapshot.requests.slice(0, DRAWN).reverse();
  const label = (index: number): string => (shown[index] ? clock(shown[index].time) : '');
  const first = shown.map((request) => request.firstMs ?? null);
  const tokens = shown.map((request) => request.tokens ?? null);
  const last = first.findLast((value) => value !== null);
  const sum = tokens.reduce<number>((total, value) => total + (value ?? 0), 0);
  return (
    <>
      <Section title={t`Time to first token`}>
        <Chart
          kind="line"
          color="charts-blue"
          values={first}
          label={label}
          format={duration}
          theme={theme}
          summary={
            last == null
              ? t`Time to first token of the newest ${shown.length} requests.`
              : t`Time to first token of the newest ${shown.length} requests, the last one ${duration(last)}.`
          }
        />
      </Section>
      <Section title={t`Tokens by request`}>
        <Chart
          kind="bars"
          color="charts-purple"
          values={tokens}
          label={label}
          format={count}
          theme={theme}
          summary={t`Tokens of the newest ${shown.length} requests, ${count(sum)} together.`}
        />
      </Section>
    </>
  );
}

function Cost({ snapshot: { days, models, spenders }, theme }: { snapshot: Snapshot; theme: string }) {
  const costs = days.map((day) => day.cost);
  const sum = costs.reduce((total, cost) => total + cost, 0);
  return (
    <Section title={t`Cost`} wide>
      <vscode-tabs>
        <vscode-tab-header slot="header">{t`By day`}</vscode-tab-header>
        <vscode-tab-panel>
          <Chart
            kind="bars"
            color="charts-green"
            values={costs}
            label={(index) => shortDay(days[index]?.name ?? '')}
            format={dollars}
            theme={theme}
            summary={t`Cost of the last 14 days, ${dollars(sum)} together.`}
          />
        </vscode-tab-panel>
        <vscode-tab-header slot="header">{t`By model`}</vscode-tab-header>
        <vscode-tab-panel>
          <Bars sums={models} />
        </vscode-tab-panel>
        <vscode-tab-header slot="header">{t`By backend`}</vscode-tab-header>
        <vscode-tab-panel>
          <Bars sums={spenders} />
        </vscode-tab-panel>
      </vscode-tabs>
    </Section>
  );
}

/** How fast a model answers and what its cache does; nothing where nobody knows. */
function speedWords({ firstMs, tokensPerSecond, cached, saved }: Sum): string {
  return [
    firstMs === undefined ? undefined : t`${duration(firstMs)} to the first token`,
    tokensPerSecond === undefined ? undefined : t`${Math.round(tokensPerSecond)} tokens/s`,
    cached === undefined ? undefined : t`${Math.round(cached * 100)} % of input cached`,
    saved === undefined || saved <= 0 ? undefined : t`caching saved ${dollars(saved)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Cost of the last 30 days; what costs nothing is told by its tokens. */
function Bars({ sums }: { sums: Sum[] }) {
  const most = Math.max(...sums.map((sum) => sum.cost), 0);
  const tokens = Math.max(...sums.map((sum) => sum.tokens), 1);
  if (sums.length === 0) return <p class="quiet">{t`Nothing in the last 30 days.`}</p>;
  return (
    <ul class="bars">
      {sums.map((sum) => (
        <li key={sum.name}>
          <span class="name">{sum.name}</span>
          <span class="value">
            {dollars(sum.cost)}{' '}
            <small>
              {many(sum.requests, 'request')}, {many(sum.tokens, 'token')}
            </small>
          </span>
          {speedWords(sum) && <small class="speed">{speedWords(sum)}</small>}
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${100 * (most > 0 ? sum.cost / most : sum.tokens / tokens)}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Backends({ backends, send }: { backends: BackendLook[]; send: Send }) {
  return (
    <Section title={t`Backends`}>
      {backends.length === 0 ? (
        <p class="quiet">{t`None yet: only the model demo/echo answers.`}</p>
      ) : (
        <ul class="backends">
          {backends.map((backend) => (
            <li key={backend.name}>
              <span class={`dot ${backend.tone}`} aria-hidden="true" /> <strong>{backend.name}</strong> {backend.words}
              {backend.error && <small>{backend.error}</small>}
            </li>
          ))}
        </ul>
      )}
      <p class="buttons">
        {backends.length === 0 ? (
          <Run command="addBackend" words={t`Add Backend…`} send={send} main />
        ) : (
          <Run command="manageBackends" words={t`Manage Backends…`} send={send} />
        )}
      </p>
    </Section>
  );
}

const TONE = { ok: 'good', cancelled: 'idle', failed: 'bad' } as const;
const outcome = (of: keyof typeof TONE): string =>
  ({ ok: t`answered`, cancelled: t`cancelled`, failed: t`failed` })[of];

function Requests({ requests, send }: { requests: RequestLine[]; send: Send }) {
  return (
    <Section title={t`Newest requests`}>
      <ul class="requests">
        {requests.slice(0, LISTED).map((request) => {
          const facts = [
            request.backend,
            request.firstMs === undefined ? duration(request.ms) : duration(request.firstMs),
            request.tokens === undefined ? undefined : many(request.tokens, 'token'),
            request.cost ? dollars(request.cost) : undefined,
          ].filter(Boolean);
          return (
            <li key={request.id}>
              <button type="button" onClick={() => send({ type: 'open', id: request.id })}>
                <span class={`dot ${TONE[request.outcome]}`} aria-hidden="true" />
                <span class="unseen">{outcome(request.outcome)}</span>
                <span class="name">{request.model}</span>
                <span class="when">{clock(request.time)}</span>
                <span class="facts">{facts.join(' · ')}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="buttons">
        <Run command="showUsage" words={t`Show Usage…`} send={send} />
      </p>
    </Section>
  );
}
