package replay

import (
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// Service is how the provider is asked to serve a call. The zero value leaves calls as they were recorded.
type Service struct {
	Tier source.At[string] // the service tier that all calls move to; one that the model has no price for leaves them without a cost
	// Uncached sends every prompt token as plain input. There is no opposite: which calls would have found a warm cache
	// depends on when they came, and a hit that was not recorded is not known.
	Uncached source.At[bool]
}

// serve works out what a service changes for the calls of a lane, whose limits are worked out already.
func (l *lore) serve(out *lane, s Service) {
	w := &out.way
	if s.Uncached.Value {
		w.uncached, w.places[stepCacheOff] = true, s.Uncached.Span
	}
	on := w.last(out.recorded)
	if !s.Tier.Set || tierName(s.Tier.Value) == on.tier || !on.priced {
		return
	}
	m, tier := on.model, tierName(s.Tier.Value)
	if !m.offers(tier) {
		m, out.unpriced = l.withoutTier(m, m.ID, tier)
		out.why = m.why
	}
	w.tier, w.places[stepTier] = l.bill(m, tier), s.Tier.Span
}

// uncached takes all tokens of a prompt to be plain input.
func uncached(u token.Usage) token.Usage {
	u.Input = u.Prompt()
	u.CacheRead, u.CacheWrite5m, u.CacheWrite1h = 0, 0, 0
	return u
}
