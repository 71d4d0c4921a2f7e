// Package replay recounts and reprices recorded calls under proposed templates, models and caps, and keeps the sums
// in cubes. It owns what a change does to one call; what a ceiling means, and how anything is shown, it leaves to
// others.
//
// Every call is taken from the version of its template that it was made under to the base revision's and then, in a
// fixed order of steps, to the head revision's. The difference each step makes is a cause, so the causes add up to the
// whole change exactly. All sums are of integers: the order and the split of the recording cannot change a byte.
//
//	run := replay.Plan{Catalog: cat, At: now, Base: base, Head: head}.Start()
//	err := run.Add(&call) // for every call
//	res := run.Result()
package replay

import (
	"cmp"
	"path"
	"time"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Revision is what decides how a call is made: the templates, and the limits that hold for a template on a track.
type Revision struct {
	Templates map[string]*prompt.Template
	Limits    func(template, track string) prompt.Limits
	// Service is how the provider is asked to serve a call, where that differs from what was recorded; nil changes none.
	Service func(template, track string) Service
}

// Plan says what to replay under.
type Plan struct {
	Catalog  *pricing.Catalog
	Reprice  *pricing.Catalog   // head's prices, where they are others; nil: Catalog's
	At       time.Time          // prices are those of this day, on both sides
	Base     *Revision          // nil: nothing to compare with
	Head     *Revision          //
	Sampling map[string]float64 // share of traffic recorded, by file; absent is 1
	Tokens   token.Book         // counts text, and restates counts of one tokenizer in another's
	// Volume is how many calls there would be on a track for each that was made, on both sides; above 0. nil is 1. Like the
	// sampling share it scales what stands for all traffic, and leaves the sums of the recorded calls alone.
	Volume func(track string) float64
	Texts  bool // book what the text of every template was paid with; see Result.Texts
	// Version finds a template as it was under a recorded version; nil result: history does not hold it.
	Version func(path, id string) (*prompt.Template, error)
}

func (p Plan) volume(track string) float64 {
	if p.Volume == nil {
		return 1
	}
	return p.Volume(track)
}

// Result is what a replay leaves.
type Result struct {
	Base, Head *Cube // Base is nil without a base
	Calls      int64 // recorded calls: a record counts as often as it stands for one
	Causes     []*Cause
	Unpriced   []Unpriced
	Notes      Notes
	// CountingError is the relative error of the counts that calls were moved by, weighed by tokens; 0 when none were.
	CountingError float64
	CountingBy    string // method of the count with the largest share of the error

	groups  map[groupKey]*Group
	strands []*Strand
	texts   [2][]*Text // base, head
}

// Unpriced is a model name in the recording that the catalogue does not know, or does not price per token.
type Unpriced struct {
	Name   string
	Reason error
	Calls  int64
	First  traffic.Place
}

// Notes counts calls for which something had to be assumed, a record as often as it stands for a call.
type Notes struct {
	NoTemplate     int64            // name no template: only their model and caps can change
	NoVersion      int64            // name a template but not its version: taken as the base revision's
	UnknownVersion map[string]int64 // by template: the version is in no commit; taken as the base revision's
	NotLoaded      map[string]int64 // by template: named by calls, but not among the templates of the configuration
	Removed        map[string]int64 // by template: gone at head; those calls are replayed as on base
	Clamped        int64            // a removal was larger than the recorded prompt had room for
	MissingVars    int64            // rendered with a variable the recording does not hold
	WithVars       map[string]int64 // by template of a kind that is rendered: recorded with variables, and rendered with these where the text changes
	OtherModel     int64            // made on another model than the one base declares: a change of that model does not move them
	Bounds         int64            // recorded output is only a lower bound
	Means          int64            // known only as means of several calls: in every sum, in no quantile of single calls or sessions
	MixedSessions  int64            // kept sessions (not calls) whose calls differ in weight or sampling; see Session
}

// Run replays calls from a slice; see Run.Add and Run.Result for the errors.
func (p Plan) Run(calls []traffic.Call) (*Result, error) {
	r := p.Start()
	for i := range calls {
		if err := r.Add(&calls[i]); err != nil {
			return nil, err
		}
	}
	return r.Result()
}

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

func tierName(t string) string { return cmp.Or(t, "standard") }
