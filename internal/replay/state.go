package replay

import (
	"github.com/tokengate/tokengate/internal/token"
)

// state is one call at one point of its way: what it consumes, and on which model and service tier.
type state struct {
	usage token.Usage
	on    *bill
}

func (s state) pico() int64 { return s.on.pico(s.usage) }

// Kind names a step of the replay; a cause is of the kind of its step.
type Kind string

// The kinds in the order the steps are taken.
const (
	KindTemplate  Kind = "template"   // the template's text changed
	KindCache     Kind = "cache"      // what can be cached of it changed
	KindRetrieval Kind = "retrieval"  // top_k, chunk_tokens or max_retrieved_tokens changed
	KindInputCap  Kind = "input_cap"  // max_input_tokens changed
	KindOutputCap Kind = "output_cap" // max_output_tokens changed
	KindCacheOff  Kind = "cache_off"  // nothing is read from a cache or written to one
	KindPrice     Kind = "price"      // other prices, for the same tokens on the same model
	KindModel     Kind = "model"      // another model: its prices, for the same tokens
	KindTier      Kind = "tier"       // another service tier: its prices, for the same tokens
	KindTokenizer Kind = "tokenizer"  // another model: its tokens, for the same text
)

// order is the place of a kind among the steps.
type order int

const (
	stepTemplate order = iota
	stepCache
	stepRetrieval
	stepInputCap
	stepOutputCap
	stepCacheOff
	stepPrice
	stepModel
	stepTier
	stepTokenizer
)

const steps = int(stepTokenizer) + 1 // how many there are

var kinds = [steps]Kind{KindTemplate, KindCache, KindRetrieval, KindInputCap, KindOutputCap, KindCacheOff, KindPrice, KindModel, KindTier, KindTokenizer}

// step is a change of state with what made it.
type step struct {
	kind          order
	before, after state
	err           float64 // relative error of the count that the step rests on; 0 when it rests on none
}

// moved reports whether the step changed anything. One that did not is kept only for its error: two tokenizers whose
// ratio is taken to be 1 still differ by what is not known of them.
func (s *step) moved() bool { return s.before != s.after }

// shift adds delta tokens in the class that holds a template of the given size. A template is the front of its prompt,
// so it was cached when the cached part is at least half as long as it (half, since the size may be an estimate);
// reads come before writes. Removals that a class has no room for go on to the next; short says some found none.
func shift(u token.Usage, delta, size int64) (out token.Usage, short bool) {
	classes := [...]*int64{&u.CacheRead, &u.CacheWrite1h, &u.CacheWrite5m, &u.Input}
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
	for i := range classes {
		c := classes[(first+i)%len(classes)]
		take := min(-delta, *c)
		*c -= take
		delta += take
	}
	return u, delta < 0
}

func cached(u token.Usage) int64 { return u.CacheRead + u.CacheWrite5m + u.CacheWrite1h }

// clipInput cuts a prompt down to a cap: plain input first, the cached front last.
func clipInput(u token.Usage, most int64) token.Usage {
	excess := u.Prompt() - most
	if excess <= 0 {
		return u
	}
	for _, c := range [...]*int64{&u.Input, &u.CacheWrite5m, &u.CacheWrite1h, &u.CacheRead} {
		take := min(excess, *c)
		*c -= take
		excess -= take
	}
	return u
}

// clipOutput cuts an answer at a cap.
func clipOutput(u token.Usage, most int64) token.Usage {
	u.Output = min(u.Output, most)
	u.Reasoning = min(u.Reasoning, u.Output)
	return u
}
