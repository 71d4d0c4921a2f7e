package replay

import (
	"cmp"
	"strings"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// Run is a replay under way: calls go in one by one and are not kept. Its memory is bounded by the cube and by what is
// sampled of each group. It is used from one goroutine; Fork makes runs for others.
type Run struct {
	lore   *lore
	lanes  map[labels]*lane
	last   *lane // of the call before
	groups map[groupKey]*Group
	notes  Notes // those that are counted call by call

	numbered []*lane
	labels   []labels // of the lanes by number
	sessions sessions
	finished []*session // once all calls are in

	booking booking // of the call at hand
	steps   []step  // of the call at hand
	trusts  []trust // what the call at hand was moved on
}

// Start begins a replay.
func (p Plan) Start() *Run { return start(newLore(p)) }

func start(l *lore) *Run {
	return &Run{lore: l, lanes: map[labels]*lane{}, groups: map[groupKey]*Group{}, sessions: newSessions()}
}

// Fork begins a run of the same plan, to be used from another goroutine and then merged. What one of them looks up or
// counts, the others know; the functions of the plan are never called twice at once.
func (r *Run) Fork() *Run { return start(r.lore) }

// Add replays one call: a recorded one, or as many alike as it stands for. Neither c nor what it points to is kept. The
// only errors are failures to read history; what is wrong with the recording is in the result.
func (r *Run) Add(c *traffic.Call) error {
	l, err := r.lane(c)
	if err != nil {
		return err
	}
	times, second := c.Times(), c.Time.Unix()
	m := r.move(l, c)
	if l.unpriced != "" && (l.calls == 0 || before(c.Place, l.first)) {
		l.first = traffic.Place{File: strings.Clone(c.Place.File), Line: c.Place.Line}
	}
	l.calls += times
	if len(c.Vars) > 0 {
		l.varied += times
	}
	if c.OutputIsBound {
		r.notes.Bounds += times
	}
	if c.UsageIsMean {
		r.notes.Means += times
	}
	if r.lore.plan.Base != nil {
		l.before.add(second, m.before.on.band(m.before.usage), m.before.usage, times)
		for i := range m.steps {
			if m.steps[i].moved() {
				l.cause(&m.steps[i], times)
			}
		}
	}
	l.after.add(second, m.after.on.band(m.after.usage), m.after.usage, times)
	l.carry(&m, times)
	for _, t := range r.trusts {
		trustIn(&l.trusts, t.kind, t.tokens*times)
	}
	r.book(l, c, &m, times)
	return nil
}

// move takes a call from what was recorded to base and on to head. The result's steps are the run's, until the next call.
func (r *Run) move(l *lane, c *traffic.Call) move {
	r.trusts, r.steps = r.trusts[:0], r.steps[:0]
	m := move{recorded: state{c.Usage, l.recorded}}
	m.before = m.recorded
	w := &l.way
	billed := c.Usage != (token.Usage{}) // a call that failed before it was billed costs nothing under any text
	if billed && w.toBase.moves() {
		m.before.usage, m.err = r.edit(&w.toBase, l, c, m.before.usage)
	}
	s := m.before
	if billed && w.toHead.moves() {
		s = r.retext(l, c, s)
	}
	if w.retrieved != 0 {
		u := s.usage
		u.Input = max(0, u.Input+w.retrieved)
		s = r.take(stepRetrieval, s, state{u, s.on}, 0)
	}
	if w.inputCap >= 0 {
		s = r.take(stepInputCap, s, state{clipInput(s.usage, w.inputCap), s.on}, 0)
	}
	if w.outputCap >= 0 {
		s = r.take(stepOutputCap, s, state{clipOutput(s.usage, w.outputCap), s.on}, 0)
	}
	if w.uncached {
		s = r.take(stepCacheOff, s, state{uncached(s.usage), s.on}, 0)
	}
	s = r.rebill(w, s)
	m.after, m.steps = s, r.steps
	return m
}

// take notes a step that changes something, or that rests on a recount.
func (r *Run) take(kind order, before, after state, err float64) state {
	if before != after || kind == stepTokenizer && err > 0 {
		r.steps = append(r.steps, step{kind, before, after, err})
	}
	return after
}

// retext takes the two text steps: other tokens, and what can no longer be cached of them.
func (r *Run) retext(l *lane, c *traffic.Call, s state) state {
	warm := cached(s.usage)
	u, err := r.edit(&l.way.toHead, l, c, s.usage)
	s = r.take(stepTemplate, s, state{u, s.on}, err)
	if l.way.cache == nil || warm == 0 {
		return s
	}
	if loss := l.way.cache(); loss != nil {
		u, err = loss.usage(s.usage, warm)
		s = r.take(stepCache, s, state{u, s.on}, err)
	}
	return s
}

// edit moves usage by tokens(to) − tokens(from), in the class the template's tokens were in. err is the relative error of
// that difference.
func (r *Run) edit(e *edit, l *lane, c *traffic.Call, u token.Usage) (_ token.Usage, err float64) {
	by := e.counted
	if e.varies && len(c.Vars) > 0 {
		by = r.lore.compare(r.measure(e.from, l, c), r.measure(e.to, l, c))
	}
	r.trust(by.delta, by.kind)
	moved, short := shift(u, by.delta, by.size)
	if short {
		r.notes.Clamped += c.Times()
	}
	return moved, by.err
}

// measure counts a template for one call: rendered with the variables that the recording holds, or as it stands.
func (r *Run) measure(t *prompt.Template, l *lane, c *traffic.Call) token.Estimate {
	if !t.Kind.Varies() {
		return r.lore.count(t, "", l.recorded.Tokenizer)
	}
	text, diags := t.Render(c.Vars)
	if len(diags) > 0 {
		r.notes.MissingVars += c.Times()
	}
	return r.lore.counter(l.recorded.Tokenizer).Count(text)
}

// rebill takes the steps of another bill for the same text: other prices, another model, another tier, and the model's
// own tokens.
func (r *Run) rebill(w *way, s state) state {
	for _, to := range [...]struct {
		kind order
		on   *bill
	}{{stepPrice, w.reprice}, {stepModel, w.swap}, {stepTier, w.tier}} {
		if to.on != nil {
			s = r.take(to.kind, s, state{s.usage, to.on}, 0)
		}
	}
	if w.recount == nil {
		return s
	}
	u := w.recount.usage(s.usage)
	r.trust(u.Total(), w.recount.kind)
	return r.take(stepTokenizer, s, state{u, s.on}, w.recount.err)
}

func (r *Run) sampling(c *traffic.Call) float64 { return cmp.Or(r.lore.plan.Sampling[c.Place.File], 1) }

func before(a, b traffic.Place) bool { return a.File < b.File || a.File == b.File && a.Line < b.Line }
