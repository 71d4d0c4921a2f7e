// Package rehearsal takes recorded calls, in the order of time, through guardrails that were not in force when they were
// recorded, and counts what would have happened: which calls would have been warned of, made on a cheaper model, handed
// to a human or refused, what that would have saved, and how the sessions touched had ended. The decisions are package
// guard's; how anything is shown is left to others.
//
// What it assumes: calls arrive as they were recorded, also after an earlier call of the session was refused, and nobody
// tries again. A call becomes known to the guardrails when it ended (its start plus its recorded latency), as it would at
// run time. A call that moves to a fallback model is recounted in that model's tokens and keeps its latency and status;
// what it read from the other model's cache is plain input there, while what it wrote to a cache it writes to its own.
//
//	r := rehearsal.New(plan)
//	sum, _, err := traffic.Stream(sources, opts, r.Begin)
//	res, err := r.Run()
package rehearsal

import (
	"cmp"
	"time"

	"github.com/tokengate/tokengate/internal/guard"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Plan says what to rehearse.
type Plan struct {
	Policy  guard.Policy
	Catalog *pricing.Catalog
	At      time.Time  // prices are those of this day
	Tokens  token.Book // restates counts of one tokenizer in another's
	// Fallback names the model that a guardrail, by its index, degrades a call to; "" where none is declared.
	Fallback func(guardrail int, template, track, feature string) string
	Sampling map[string]float64 // share of traffic recorded, by file; absent is 1
	Scratch  func() (traffic.Scratch, error)
	// MaxRecords is how many calls are held in memory while they are sorted, at 128 bytes each; more are written to
	// scratch files. 0 is a quarter of a million.
	MaxRecords int
}

const defaultMaxRecords = 1 << 18

// Rehearsal gathers the calls of a recording and then takes them through the guardrails.
type Rehearsal struct {
	plan   Plan
	prices prices
	names  names
	sorter *sorter
}

// New begins without calls.
func New(p Plan) *Rehearsal {
	p.MaxRecords = cmp.Or(p.MaxRecords, defaultMaxRecords)
	return &Rehearsal{plan: p, prices: prices{catalog: p.Catalog, at: p.At, tokens: p.Tokens}}
}

// Begin starts over, for every pass of traffic.Stream: what an earlier one was told is void.
func (r *Rehearsal) Begin() traffic.Consumer {
	if r.sorter != nil {
		_ = r.sorter.close() // void: nothing can be lost
	}
	r.sorter = &sorter{limit: r.plan.MaxRecords, scratch: r.plan.Scratch}
	r.names = newNames()
	return func(c *traffic.Call) error { return r.sorter.add(r.names.record(c, r.share(c))) }
}

func (r *Rehearsal) share(c *traffic.Call) float64 {
	return cmp.Or(r.plan.Sampling[c.Place.File], 1)
}

// Run takes the calls through the guardrails, once all are in. Equal calls give an equal result, in whatever order and
// from whatever files they came.
func (r *Rehearsal) Run() (_ *Result, err error) {
	if r.sorter == nil {
		r.Begin()
	}
	defer func() { err = cmp.Or(err, r.sorter.close()) }()
	s := newStage(r)
	if err := r.sorter.each(s.call); err != nil {
		return nil, err
	}
	s.finish()
	return s.result(), nil
}
