package replay

import (
	"cmp"
	"math"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// way is everything that differs between the recording, base and head for the calls of one lane, worked out once.
type way struct {
	toBase, toHead edit
	cache          func() *cacheLoss // asked for by the first call that has something cached
	retrieved      int64             // tokens that head retrieves more than base
	inputCap       int64             // -1: it did not change
	outputCap      int64             // likewise. A raised cap moves nothing: how much longer an answer would have become is not recorded
	uncached       bool              // head reads and writes no cache
	reprice        *bill             // the recorded model at head's prices, or nil
	swap           *bill             // the model a call moves to, or nil
	tier           *bill             // the service tier it moves to, on that model, or nil
	stays          bool              // on another model than the one that base declares
	recount        *recount          // nil: the tokens stay the same
	places         [steps]source.Span
}

// edit moves a call from one text of its template to another.
type edit struct {
	from, to *prompt.Template
	counted
	varies bool // with the variables of a call, where it records them
}

// counted is the difference of two texts in tokens.
type counted struct {
	delta, size int64 // tokens(to) − tokens(from), and tokens(from)
	err         float64
	kind        int // of count
}

// moves reports whether there are two texts that differ.
func (e *edit) moves() bool { return e.from != nil && e.to != nil && e.from != e.to }

func (l *lore) edit(from, to *prompt.Template, family string) edit {
	e := edit{from: from, to: to}
	if e.moves() {
		e.counted = l.compare(l.count(from, "", family), l.count(to, "", family))
		e.varies = from.Kind.Varies() || to.Kind.Varies()
	}
	return e
}

// compare takes the error of the worse of two counts.
func (l *lore) compare(old, next token.Estimate) counted {
	worse := next
	if old.RelativeError > next.RelativeError {
		worse = old
	}
	return counted{delta: next.Tokens - old.Tokens, size: old.Tokens, err: worse.RelativeError, kind: l.kind(worse)}
}

// limits works out what the declared limits change. recorded is what the calls were made on.
func (l *lore) limits(w *way, recorded *bill, base, head prompt.Limits) {
	w.retrieved, w.places[stepRetrieval] = retrieval(base.Context, head.Context)
	w.inputCap, w.places[stepInputCap] = changed(base.Context.MaxInputTokens, head.Context.MaxInputTokens)
	w.outputCap, w.places[stepOutputCap] = changed(base.MaxOutputTokens, head.MaxOutputTokens)
	to, stays := l.swap(recorded.model, base, head)
	place := head.Model.Span
	if fallback := l.fallback(recorded.model, base, head); fallback != nil {
		to, stays, place = fallback, false, head.Fallback.Model.Span
	}
	w.stays = stays
	if to == nil {
		return
	}
	w.places[stepModel], w.places[stepTokenizer] = place, place
	tier := recorded.tier
	if !to.offers(tier) {
		tier = pricing.Standard // what a request without that tier pays
	}
	w.swap = l.bill(to, tier)
	if recorded.Tokenizer != to.Tokenizer {
		w.recount = l.recount(recorded.Tokenizer, to.Tokenizer)
	}
}

// last is what a call is billed on at the end of the way.
func (w *way) last(recorded *bill) *bill { return cmp.Or(w.tier, w.swap, w.reprice, recorded) }

// changed gives head's cap where base's is another; −1 where nothing changed.
func changed(base, head source.At[money.Count]) (int64, source.Span) {
	if !head.Set || head.Value == base.Value && base.Set {
		return -1, head.Span
	}
	return int64(head.Value), head.Span
}

// swap gives the model a call moves to, or nil. Calls on another model than the one base declares (a fallback, an
// older deployment), or on one that does not answer in text, stay where they are.
func (l *lore) swap(recorded *model, base, head prompt.Limits) (to *model, stays bool) {
	if !head.Model.Set || l.plan.Base == nil {
		return nil, false
	}
	to = l.lookup(l.head, head.Model.Value)
	if base.Model.Set {
		was := l.lookup(l.head, base.Model.Value)
		if was == to {
			return nil, false
		}
		if was != recorded {
			return nil, true
		}
	}
	switch {
	case to == recorded || !to.priced:
		return nil, false
	case answers(to) != answers(recorded):
		return nil, true // one embeds, the other answers
	}
	return to, false
}

func answers(m *model) bool { return m.Mode != "embedding" && m.Mode != "rerank" }

// fallback gives the model that calls on base's declared fallback move to, or nil.
func (l *lore) fallback(recorded *model, base, head prompt.Limits) *model {
	was, next := base.Fallback.Model, head.Fallback.Model
	if l.plan.Base == nil || !was.Set || !next.Set || l.lookup(l.head, was.Value) != recorded {
		return nil
	}
	to := l.lookup(l.head, next.Value)
	if base.Model.Set && l.lookup(l.head, base.Model.Value) == recorded || to == recorded || !to.priced {
		return nil
	}
	return to
}

// recount gives the same text in another model's tokens. The text of most of a prompt is not recorded, so the ratio of
// the two tokenizers on prose stands for it, with its error.
type recount struct {
	token.Conversion
	err  float64
	kind int
}

func (l *lore) recount(from, to string) *recount {
	c := l.plan.Tokens.Conversion(from, to, token.Prose)
	e := c.Of(0)
	return &recount{c, e.RelativeError, l.kind(e)}
}

func (c *recount) usage(u token.Usage) token.Usage {
	for _, n := range [...]*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning} {
		*n = c.Of(*n).Tokens
	}
	u.Reasoning = min(u.Reasoning, u.Output)
	return u
}

// retrieval is how many more tokens head's top_k × chunk_tokens retrieve than base's, both under their cap, and where
// that stands. They differ from call to call, so they are plain input.
func retrieval(base, head prompt.Context) (int64, source.Span) {
	old, okOld := retrieved(base)
	next, okNext := retrieved(head)
	if !okOld || !okNext || old == next {
		return 0, source.Span{}
	}
	for _, pair := range [][2]source.At[money.Count]{{base.TopK, head.TopK}, {base.ChunkTokens, head.ChunkTokens}, {base.MaxRetrievedTokens, head.MaxRetrievedTokens}} {
		if pair[0].Value != pair[1].Value {
			return next - old, pair[1].Span
		}
	}
	return next - old, source.Span{}
}

func retrieved(c prompt.Context) (int64, bool) {
	product, ok := int64(c.TopK.Value)*int64(c.ChunkTokens.Value), c.TopK.Set && c.ChunkTokens.Set
	if c.MaxRetrievedTokens.Set && (!ok || product > int64(c.MaxRetrievedTokens.Value)) {
		product, ok = int64(c.MaxRetrievedTokens.Value), true
	}
	return product, ok
}

// cacheLoss prices a placeholder that head puts in front of text that base kept stable. A cache holds a prefix byte for
// byte, so what stands behind a value that differs from call to call can no longer be read. Where the provider
// charges for writing (the breakpoint is set by the caller and stays), it is written anew every time; elsewhere it is
// plain input. A prefix below the model's minimum is not cached at all.
type cacheLoss struct {
	most  int64   // calls that had more cached than this had cached past base's own first placeholder: nothing new to lose
	keep  int64   // tokens that can still be read
	doubt float64 // of keep, in tokens
	plain bool    // the provider does not charge for writing
}

// cacheLoss gives nil where head's text can be cached as base's.
func (l *lore) cacheLoss(e edit, on *bill, first *prompt.Placeholder) *cacheLoss {
	loss := &cacheLoss{most: math.MaxInt64}
	for _, p := range e.from.Placeholders() {
		if p.Name == first.Name {
			before, after := l.count(e.from, "stable", on.Tokenizer).Tokens, l.count(e.to, "stable", on.Tokenizer).Tokens
			if after >= before {
				return nil
			}
			loss.most = before + before/10
			break
		}
	}
	stable := l.count(e.to, "stable", on.Tokenizer)
	if stable.Tokens >= on.MinCacheable {
		loss.keep = stable.Tokens
	}
	loss.doubt = float64(loss.keep) * stable.RelativeError
	rates := on.rates(rateKey{on.tier, 0})
	loss.plain = rates.CacheWrite5m.Cmp(rates.Input) <= 0
	return loss
}

// usage moves what can no longer be read. err is the relative error of how much that is.
func (c *cacheLoss) usage(u token.Usage, recorded int64) (_ token.Usage, err float64) {
	lost := u.CacheRead - min(u.CacheRead, c.keep)
	if lost == 0 || recorded > c.most {
		return u, 0
	}
	u.CacheRead -= lost
	switch {
	case c.plain:
		u.Input += lost
	case u.CacheWrite1h > 0:
		u.CacheWrite1h += lost
	default:
		u.CacheWrite5m += lost
	}
	return u, c.doubt / float64(lost)
}
