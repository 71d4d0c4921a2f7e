package replay

import (
	"math"
	"slices"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
)

// model is a resolved model; priced is false for an unknown name.
type model struct {
	pricing.Model
	priced bool
	shelf  *shelf
	why    error // why it has no price
}

// shelf holds the models of one catalogue: by recorded name, and by id of declared models.
type shelf struct {
	catalog *pricing.Catalog
	models  map[string]*model
	head    bool // of head's own prices
}

func newShelf(c *pricing.Catalog, head bool) *shelf { return &shelf{c, map[string]*model{}, head} }

type rateKey struct {
	tier string
	band int
}

// lookup finds a model by its recorded or declared name. One under many names is one model.
func (l *lore) lookup(s *shelf, name string) *model {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := s.models[name]; ok {
		return m
	}
	found, err := s.catalog.Lookup(name, l.plan.At)
	m := &model{Model: found, shelf: s, why: err}
	if err == nil {
		_, m.why = found.Rates("", 0)
		m.priced = m.why == nil
		if same, ok := s.models[found.ID]; ok {
			s.models[name] = same
			return same
		}
		s.models[found.ID] = m
	} else {
		m.ID, m.Tokenizer = name, "other"
	}
	s.models[name] = m
	return m
}

// recorded gives what a call with these labels is billed on by the prices of a shelf; unpriced names what has no price
// there, and is "" where there is one.
func (l *lore) recorded(s *shelf, key labels) (b *bill, unpriced string) {
	m, name := l.lookup(s, key.model), key.model
	if m.priced && !m.offers(tierName(key.tier)) {
		m, name = l.withoutTier(m, name, key.tier)
	}
	if !m.priced {
		unpriced = name
	}
	return l.bill(m, tierName(key.tier)), unpriced
}

// withoutTier stands for a model on a service tier that has no price: taking the standard one would be too cheap for
// priority and too dear for batch.
func (l *lore) withoutTier(m *model, name, tier string) (*model, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name += " (tier " + tier + ")"
	shadow, ok := m.shelf.models[name]
	if !ok {
		_, err := m.Rates(tier, 0)
		shadow = &model{Model: m.Model, shelf: m.shelf, why: err}
		m.shelf.models[name] = shadow
	}
	return shadow, name
}

func (m *model) offers(tier string) bool {
	_, err := m.Rates(tier, 0)
	return err == nil
}

// rates gives the price of a tier that the model offers.
func (m *model) rates(k rateKey) pricing.Rates {
	rates, err := m.Rates(k.tier, k.band)
	if err != nil {
		panic("replay: a call was priced on a tier that is not offered: " + err.Error())
	}
	return rates
}

// bill prices usage on one model and service tier; there is one of each, so equal bills are the same pointer.
type bill struct {
	*model
	tier       string
	thresholds []int64
	picos      []*picoRates // by band; nil where the tier is not offered in it
}

// picoRates are prices in 10^-12 dollars a token, for statistics of single calls.
type picoRates struct{ input, read, write5m, write1h, output, reasoning float64 }

func (l *lore) bill(m *model, tier string) *bill {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := billKey{m, tier}
	if b, ok := l.bills[key]; ok {
		return b
	}
	b := &bill{model: m, tier: tier}
	if m.priced {
		b.thresholds = m.Thresholds()
		b.picos = make([]*picoRates, len(b.thresholds)+1)
		for band := range b.picos {
			if r, err := m.Rates(tier, band); err == nil {
				b.picos[band] = &picoRates{r.Input.Float() * 1e6, r.CacheRead.Float() * 1e6, r.CacheWrite5m.Float() * 1e6, r.CacheWrite1h.Float() * 1e6, r.Output.Float() * 1e6, r.Reasoning.Float() * 1e6}
			}
		}
	}
	l.bills[key] = b
	return b
}

// costsAs reports whether all usage costs the same on another bill.
func (b *bill) costsAs(o *bill) bool {
	if b.ID != o.ID || b.tier != o.tier || b.priced != o.priced || b.Tokenizer != o.Tokenizer || !slices.Equal(b.thresholds, o.thresholds) {
		return false
	}
	for band := range b.picos {
		ours, err := b.Rates(b.tier, band)
		theirs, errO := o.Rates(o.tier, band)
		if (err == nil) != (errO == nil) || !ours.Equal(theirs) {
			return false
		}
	}
	return true
}

// band is the price band of a call's usage; 0 without a price.
func (b *bill) band(u token.Usage) int {
	n, prompt := 0, u.Prompt()
	for n < len(b.thresholds) && prompt >= b.thresholds[n] {
		n++
	}
	return n
}

// pico is one call's cost in 10^-12 dollars, rounded; 0 for a model without a price.
func (b *bill) pico(u token.Usage) int64 {
	if !b.priced {
		return 0
	}
	return int64(math.Round(b.at(b.band(u), u)))
}

// at prices usage in a given band, whatever its own length, in 10^-12 dollars; 0 for a model without a price.
func (b *bill) at(band int, u token.Usage) float64 {
	if !b.priced {
		return 0
	}
	p := b.picos[band]
	if p == nil {
		b.rates(rateKey{b.tier, band}) // panics, and says why
	}
	return float64(u.Input)*p.input + float64(u.CacheRead)*p.read + float64(u.CacheWrite5m)*p.write5m +
		float64(u.CacheWrite1h)*p.write1h + float64(u.Output)*p.output + float64(u.Reasoning)*p.reasoning
}
