// Package replay recounts and reprices recorded calls under proposed templates, models and caps, and keeps the sums
// in cubes. It owns what a change does to one call; what a ceiling means, and how anything is shown, it leaves to
// others.
//
// Every call is taken from the version of its template that it was made under to the base revision's and then, in a
// fixed order of steps, to the head revision's. The difference each step makes is a cause, so the causes add up to the
// whole change exactly. All sums are of integers: the order and the split of the recording cannot change a byte.
//
//	res := replay.Plan{Catalog: cat, At: now, Base: base, Head: head}.Run(rec.Calls)
package replay

import (
	"cmp"
	"path"
	"slices"
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
}

// Plan says what to replay under.
type Plan struct {
	Catalog  *pricing.Catalog
	At       time.Time          // prices are those of this day, on both sides
	Base     *Revision          // nil: nothing to compare with
	Head     *Revision          //
	Sampling map[string]float64 // share of traffic recorded, by file; absent is 1
	Tokens   token.Book         // counts text, and restates counts of one tokenizer in another's
	// Version finds a template as it was under a recorded version; nil result: history does not hold it.
	Version func(path, id string) (*prompt.Template, error)
}

// Result is what a replay leaves.
type Result struct {
	Base, Head *Cube // Base is nil without a base
	Causes     []*Cause
	Unpriced   []Unpriced
	Notes      Notes
	// CountingError is the relative error of the counts that calls were moved by, weighed by tokens; 0 when none were.
	CountingError float64
	CountingBy    string // method of the count with the largest share of the error

	groups map[groupKey]*Group
}

// Unpriced is a model name in the recording that the catalogue does not know, or does not price per token.
type Unpriced struct {
	Name   string
	Reason error
	Calls  int64
	First  traffic.Place
}

// Notes counts calls for which something had to be assumed.
type Notes struct {
	NoTemplate     int64            // name no template: only their model and caps can change
	NoVersion      int64            // name a template but not its version: taken as the base revision's
	UnknownVersion map[string]int64 // by template: the version is in no commit; taken as the base revision's
	NotLoaded      map[string]int64 // by template: named by calls, but not among the templates of the configuration
	Removed        map[string]int64 // by template: gone at head; those calls are replayed as on base
	Clamped        int64            // a removal was larger than the recorded prompt had room for
	MissingVars    int64            // rendered with a variable the recording does not hold
	OtherModel     int64            // made on another model than the one base declares: a change of that model does not move them
	Bounds         int64            // recorded output is only a lower bound
}

// Run replays calls. The only errors are failures to read history and more cells than a cube holds; what else is wrong
// with the recording is in the result.
func (p Plan) Run(calls []traffic.Call) (*Result, error) {
	r := newRun(p)
	for i := range calls {
		if err := r.call(&calls[i]); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(r.base.sums.Err(), r.head.sums.Err()); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// call takes one recorded call to both revisions and books it.
func (r *run) call(c *traffic.Call) error {
	model := r.model(c.Model, c)
	limitsBase, limitsHead := r.limits(c)
	from, base, head, err := r.templates(c)
	if err != nil {
		return err
	}
	recorded := state{usage: c.Usage, tier: tierName(c.Tier), model: model}
	if c.Usage == (token.Usage{}) {
		from, base, head = nil, nil, nil // a call that failed before it was billed costs nothing under any text
	}
	r.trusts = r.trusts[:0]
	walk := walk{run: r, call: c, from: from, to: base}
	before, err1 := walk.template(recorded)
	walk.from, walk.to = base, head
	after, steps := walk.steps(before, limitsBase, limitsHead)
	m := move{recorded: recorded, before: before, after: after, err: err1, steps: steps}
	if c.OutputIsBound {
		r.notes.Bounds++
	}
	sampling := cmp.Or(r.plan.Sampling[c.Place.File], 1)
	if r.plan.Base != nil {
		r.base.add(c, before, sampling)
		for _, s := range steps {
			if s.moved() {
				r.cause(c, s, sampling)
			}
		}
	}
	r.head.add(c, after, sampling)
	r.book(c, m, sampling)
	return nil
}

// limits gives what holds for a call on both sides; without a base, head's hold on both, so nothing moves.
func (r *run) limits(c *traffic.Call) (base, head prompt.Limits) {
	name := cleanPath(c.Template)
	head = r.plan.Head.Limits(name, c.Track)
	if r.plan.Base == nil {
		return head, head
	}
	return r.plan.Base.Limits(name, c.Track), head
}

// templates finds the template a call was made from, and its base and head versions. Any may be nil.
func (r *run) templates(c *traffic.Call) (from, base, head *prompt.Template, err error) {
	name := cleanPath(c.Template)
	if name == "" {
		r.notes.NoTemplate++
		return nil, nil, nil, nil
	}
	head = r.plan.Head.Templates[name]
	base = head
	if r.plan.Base != nil {
		base = r.plan.Base.Templates[name]
	}
	switch {
	case base == nil && head == nil:
		r.notes.NotLoaded[name]++
		return nil, nil, nil, nil
	case head == nil:
		r.notes.Removed[name]++
		head = base
	case base == nil:
		base = head
	}
	r.used[name]++
	from, err = r.version(c, base, head)
	return from, base, head, err
}

// version resolves the recorded version of a template; what cannot be resolved is taken as base's, and counted.
func (r *run) version(c *traffic.Call, base, head *prompt.Template) (*prompt.Template, error) {
	id := c.TemplateVersion
	switch {
	case id == "":
		r.notes.NoVersion++
		return base, nil
	case matches(base, id):
		return base, nil
	case matches(head, id):
		return head, nil
	}
	key := versionKey{base.Path, id}
	old, ok := r.versions[key]
	if !ok && r.plan.Version != nil {
		var err error
		if old, err = r.plan.Version(base.Path, id); err != nil {
			return nil, err
		}
		r.versions[key] = old
	}
	if old == nil {
		r.notes.UnknownVersion[base.Path]++
		return base, nil
	}
	return old, nil
}

func matches(t *prompt.Template, id string) bool { return id == t.BlobID || id == t.SHA256 }

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

func tierName(t string) string { return cmp.Or(t, "standard") }

// Causes and the other lists of a result are put in one order, whatever the order of the calls.
func (r *run) result() *Result {
	res := &Result{Head: r.head, Notes: r.notes, groups: r.groups}
	r.nameKinds()
	if r.plan.Base != nil {
		res.Base = r.base
	}
	for _, c := range r.causes {
		r.finish(c)
		res.Causes = append(res.Causes, c)
	}
	slices.SortFunc(res.Causes, func(a, b *Cause) int { return a.key.compare(b.key) })
	for _, u := range r.unpriced {
		res.Unpriced = append(res.Unpriced, *u)
	}
	slices.SortFunc(res.Unpriced, func(a, b Unpriced) int { return cmp.Compare(a.Name, b.Name) })
	if project := res.Group(ByProject, ""); project != nil {
		res.CountingError, res.CountingBy = project.Counting()
	}
	return res
}
