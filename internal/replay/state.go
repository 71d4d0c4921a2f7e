package replay

import (
	"math"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// state is one call at one point of its way: what it consumes, on which model and service tier.
type state struct {
	usage token.Usage
	tier  string
	model *model
}

func (s state) pico() int64 { return s.model.pico(s.tier, s.usage) }

// Kind names a step of the replay; a cause is of the kind of its step.
type Kind string

// The kinds in the order the steps are taken.
const (
	KindTemplate  Kind = "template"   // the template's text changed
	KindCache     Kind = "cache"      // what can be cached of it changed
	KindRetrieval Kind = "retrieval"  // top_k, chunk_tokens or max_retrieved_tokens changed
	KindInputCap  Kind = "input_cap"  // max_input_tokens changed
	KindOutputCap Kind = "output_cap" // max_output_tokens changed
	KindModel     Kind = "model"      // another model: its prices, for the same tokens
	KindTokenizer Kind = "tokenizer"  // another model: its tokens, for the same text
)

// step is a change of state with what made it.
type step struct {
	kind          Kind
	before, after state
	from, to      *prompt.Template // template and cache steps
	at            source.Span      // cap and model steps: where the new value stands
	err           float64          // relative error of the count that the step rests on; 0 when it rests on none
}

// moved reports whether the step changed anything. One that did not is kept only for its error: two tokenizers whose
// ratio is taken to be 1 still differ by what is not known of them.
func (s step) moved() bool { return s.before != s.after }

// walk takes one call from one template to another.
type walk struct {
	run      *run
	call     *traffic.Call
	from, to *prompt.Template
}

// steps applies everything that differs between base and head, in order, and lists the steps that changed something.
func (w walk) steps(s state, base, head prompt.Limits) (state, []step) {
	var out []step
	take := func(kind Kind, next state, at source.Span, err float64) {
		if next != s || kind == KindTokenizer && err > 0 {
			out = append(out, step{kind: kind, before: s, after: next, from: w.from, to: w.to, at: at, err: err})
			s = next
		}
	}
	cachedBefore := cached(s.usage)
	next, err := w.template(s)
	take(KindTemplate, next, source.Span{}, err)
	next, at, err := w.cache(s, cachedBefore)
	take(KindCache, next, at, err)
	next, at = w.retrieval(s, base.Context, head.Context)
	take(KindRetrieval, next, at, 0)
	take(KindInputCap, capInput(s, base.Context.MaxInputTokens, head.Context.MaxInputTokens), head.Context.MaxInputTokens.Span, 0)
	take(KindOutputCap, capOutput(s, base.MaxOutputTokens, head.MaxOutputTokens), head.MaxOutputTokens.Span, 0)
	if to := w.swap(s, base, head); to != nil {
		tier := s.tier
		if !to.offers(tier) {
			tier = pricing.Standard // what a request without that tier pays
		}
		take(KindModel, state{s.usage, tier, to}, head.Model.Span, 0)
		next, err = w.recount(s, out)
		take(KindTokenizer, next, head.Model.Span, err)
	}
	return s, out
}

// template moves the call by tokens(to) − tokens(from), in the class the template's tokens were in. err is the relative
// error of that difference.
func (w walk) template(s state) (_ state, err float64) {
	if w.from == nil || w.to == nil || w.from == w.to {
		return s, 0
	}
	old, next := w.measure(w.from, s), w.measure(w.to, s)
	delta := next.Tokens - old.Tokens
	worse := next
	if old.RelativeError > next.RelativeError {
		worse = old
	}
	w.run.trust(delta, worse)
	moved, short := shift(s.usage, delta, old.Tokens)
	if short {
		w.run.notes.Clamped++
	}
	s.usage = moved
	return s, worse.RelativeError
}

// measure counts a template for this call: rendered where the recording holds the variables, else as it stands.
func (w walk) measure(t *prompt.Template, s state) token.Estimate {
	if len(w.call.Vars) == 0 || t.Kind != prompt.Plain {
		return w.run.count(t, "", s.model.Tokenizer)
	}
	text, diags := t.Render(w.call.Vars)
	if len(diags) > 0 {
		w.run.notes.MissingVars++
	}
	return w.run.counter(s.model.Tokenizer).Count(text)
}

// shift adds delta tokens in the class that holds a template of the given size. A template is the front of its prompt,
// so it was cached when the cached part is at least half as long as it (half, since the size may be an estimate);
// reads come before writes. Removals that a class has no room for go on to the next; short says some found none.
func shift(u token.Usage, delta, size int64) (out token.Usage, short bool) {
	classes := []*int64{&u.CacheRead, &u.CacheWrite1h, &u.CacheWrite5m, &u.Input}
	first := 3
	switch {
	case size > 0 && 2*u.CacheRead >= size:
		first = 0
	case size > 0 && 2*cached(u) >= size && u.CacheWrite1h > 0:
		first = 1
	case size > 0 && 2*cached(u) >= size:
		first = 2
	}
	if delta >= 0 {
		*classes[first] += delta
		return u, false
	}
	for _, c := range append(classes[first:], classes[:first]...) {
		take := min(-delta, *c)
		*c -= take
		delta += take
	}
	return u, delta < 0
}

func cached(u token.Usage) int64 { return u.CacheRead + u.CacheWrite5m + u.CacheWrite1h }

// cache prices a placeholder that head puts in front of text that base kept stable. A cache holds a prefix byte for
// byte, so what stands behind a value that differs from call to call can no longer be read. Where the provider
// charges for writing (the breakpoint is set by the caller and stays), it is written anew every time; elsewhere it is
// plain input. A prefix below the model's minimum is not cached at all.
func (w walk) cache(s state, recorded int64) (_ state, at source.Span, err float64) {
	if w.from == nil || w.to == nil || w.from == w.to || recorded == 0 || !s.model.priced {
		return s, source.Span{}, 0
	}
	_, first := w.to.StablePrefix()
	if first == nil || !w.newInFront(*first, s, recorded) {
		return s, source.Span{}, 0
	}
	stable := w.run.count(w.to, "stable", s.model.Tokenizer)
	keep := stable.Tokens
	if keep < s.model.MinCacheable {
		keep = 0
	}
	u := s.usage
	lost := u.CacheRead - min(u.CacheRead, keep)
	if lost == 0 {
		return s, source.Span{}, 0
	}
	u.CacheRead -= lost
	switch rates := s.model.rates(rateKey{s.tier, 0}); {
	case rates.CacheWrite5m.Cmp(rates.Input) <= 0:
		u.Input += lost
	case u.CacheWrite1h > 0:
		u.CacheWrite1h += lost
	default:
		u.CacheWrite5m += lost
	}
	s.usage = u
	return s, first.Span, float64(keep) * stable.RelativeError / float64(lost)
}

// newInFront tells whether head's first placeholder stands where base's prompt was still the same in every call: base
// has it nowhere, or has it later and cached no further than its own stable part.
func (w walk) newInFront(first prompt.Placeholder, s state, recorded int64) bool {
	known := false
	for _, p := range w.from.Placeholders() {
		known = known || p.Name == first.Name
	}
	if !known {
		return true
	}
	before := w.run.count(w.from, "stable", s.model.Tokenizer).Tokens
	after := w.run.count(w.to, "stable", s.model.Tokenizer).Tokens
	return after < before && recorded <= before+before/10
}

// retrieval moves the retrieved tokens from base's top_k × chunk_tokens to head's, both under their cap. They differ
// from call to call, so they are plain input.
func (w walk) retrieval(s state, base, head prompt.Context) (state, source.Span) {
	old, okOld := retrieved(base)
	next, okNext := retrieved(head)
	if !okOld || !okNext || old == next {
		return s, source.Span{}
	}
	s.usage.Input = max(0, s.usage.Input+next-old)
	for _, pair := range [][2]source.At[money.Count]{{base.TopK, head.TopK}, {base.ChunkTokens, head.ChunkTokens}, {base.MaxRetrievedTokens, head.MaxRetrievedTokens}} {
		if pair[0].Value != pair[1].Value {
			return s, pair[1].Span
		}
	}
	return s, source.Span{}
}

func retrieved(c prompt.Context) (int64, bool) {
	product, ok := int64(c.TopK.Value)*int64(c.ChunkTokens.Value), c.TopK.Set && c.ChunkTokens.Set
	if c.MaxRetrievedTokens.Set && (!ok || product > int64(c.MaxRetrievedTokens.Value)) {
		product, ok = int64(c.MaxRetrievedTokens.Value), true
	}
	return product, ok
}

// capInput cuts a prompt that is longer than a changed cap: plain input first, the cached front last.
func capInput(s state, base, head source.At[money.Count]) state {
	excess := s.usage.Prompt() - int64(head.Value)
	if !head.Set || head.Value == base.Value && base.Set || excess <= 0 {
		return s
	}
	for _, c := range []*int64{&s.usage.Input, &s.usage.CacheWrite5m, &s.usage.CacheWrite1h, &s.usage.CacheRead} {
		take := min(excess, *c)
		*c -= take
		excess -= take
	}
	return s
}

// capOutput clips recorded outputs at a changed cap. A raised cap moves nothing: how much longer an answer would have
// become is not in the recording.
func capOutput(s state, base, head source.At[money.Count]) state {
	if !head.Set || head.Value == base.Value && base.Set {
		return s
	}
	s.usage.Output = min(s.usage.Output, int64(head.Value))
	s.usage.Reasoning = min(s.usage.Reasoning, s.usage.Output)
	return s
}

// swap gives the model a call moves to, or nil. Calls on another model than the one base declares (a fallback, an
// older deployment) stay where they are.
func (w walk) swap(s state, base, head prompt.Limits) *model {
	if !head.Model.Set || w.run.plan.Base == nil {
		return nil
	}
	to := w.run.lookup(head.Model.Value)
	if base.Model.Set {
		was := w.run.lookup(base.Model.Value)
		if was == to {
			return nil
		}
		if was != s.model {
			w.run.notes.OtherModel++
			return nil
		}
	}
	if to == s.model || !to.priced {
		return nil
	}
	return to
}

// recount gives the same text in the new model's tokens. The text of most of a prompt is not recorded, so the ratio of
// the two tokenizers on prose stands for it, with its error.
func (w walk) recount(s state, taken []step) (_ state, err float64) {
	from := taken[len(taken)-1].before.model.Tokenizer
	to := s.model.Tokenizer
	if from == to {
		return s, 0
	}
	var e token.Estimate
	u := &s.usage
	for _, c := range []*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning} {
		e = w.run.plan.Tokens.Convert(*c, from, to, token.Prose)
		*c = e.Tokens
	}
	u.Reasoning = min(u.Reasoning, u.Output)
	w.run.trust(u.Total(), e)
	return s, e.RelativeError
}

func roundDiv(n int64, share float64) int64 { return int64(math.Round(float64(n) / share)) }
