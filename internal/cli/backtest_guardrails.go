package cli

import (
	"context"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/rehearsal"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/token"
)

// guardrailsLong is what help says of --guardrails.
const guardrailsLong = `backtest --guardrails takes recorded calls, in the order of time, through the guardrails that the working tree's
tokengate.yaml declares (users, sessions, breakers, guard of a track or feature, ceilings with a fallback) and says what
would have happened: calls and sessions warned of, degraded to the fallback model, handed to a human, refused; money
saved; and how the sessions that would have been touched ended, against the others. Nothing is enforced.

A decision rests only on what was known before the call: spend of calls that had ended. Calls arrive as recorded, also
after one of their session was refused, and nobody tries again. Numbers are of the recorded calls, at today's prices.

Exit codes of --guardrails: 0 shown · 2 bad flags or configuration, or no guardrails · 3 inconclusive: some spend is not known, such as
that of a sampled user or of a model without a price (what is shown is a lower bound), or no call was held to a guardrail`

// guardrailsExample is what to write where nothing is declared.
const guardrailsExample = `write, for example, in tokengate.yaml:

    users:
      per_day: {cost: $1}
      warn_at: 80%
      on_limit: refuse
    sessions:
      cost: $0.20
      hand_over_at: 90%
    breakers:
      - {scope: project, when: cost per 10m > $5, action: refuse, cool_down: 15m}`

// runGuardrails backtests the declared guardrails and shows what they would have done, at the prices of a day. format is
// table or json.
func runGuardrails(ctx context.Context, env *Env, o *trafficOptions, args []string, at time.Time, format string) error {
	in, err := o.open(ctx, args)
	if err != nil {
		return err
	}
	defer in.close()
	run, declared, err := in.rehearse(env, at)
	if err != nil {
		return err
	}
	sum, err := in.stream(env, run.Begin)
	if err != nil {
		return err
	}
	res, err := run.Run()
	if err != nil {
		return err
	}
	doc := newGuardrailsDocument(declared, res, at)
	if sum.Count > 0 {
		doc.First, doc.Last = &sum.First, &sum.Last
	}
	if err := doc.show(env, format); err != nil {
		return err
	}
	if doc.Status == statusInconclusive {
		return verdictError{report.Inconclusive}
	}
	return nil
}

func (d *guardrailsDocument) show(env *Env, format string) error {
	if format == "json" {
		return writeJSON(env.Out, d)
	}
	return d.writeTable(env)
}

// rehearse prepares the rehearsal of what the working tree declares.
func (in *trafficInput) rehearse(env *Env, at time.Time) (*rehearsal.Rehearsal, *config.Declaration, error) {
	catalog, err := in.project.prices()
	if err != nil {
		return nil, nil, err
	}
	policy, diags := gate.Policy(gate.Input{Now: at, Config: in.project.name, Head: gate.Revision{FS: in.project.files}})
	declared, _ := policy.Guardrails() // what is wrong with these, or with the calibration, was said by loading
	calibration, _ := policy.Calibrated(in.project.files)
	diags = append(diags, policy.DearFallbacks(catalog, at)...)
	diags.Sort()
	if diags.HasErrors() {
		return nil, nil, diagnosticsError{diags, contentOf(in.project.files)}
	}
	if declared.Len() == 0 {
		return nil, nil, usageError{"no guardrails are declared", guardrailsExample}
	}
	if err := env.warn(diags); err != nil {
		return nil, nil, err
	}
	plan := rehearsal.Plan{Policy: declared.Policy, Catalog: catalog, At: at, Tokens: token.Book{Calibration: calibration},
		Fallback: declared.Fallback, Sampling: map[string]float64{}, Scratch: newScratch}
	for _, s := range in.sources {
		plan.Sampling[s.Name] = s.Sampling
	}
	return rehearsal.New(plan), declared, nil
}
