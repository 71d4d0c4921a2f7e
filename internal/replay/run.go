package replay

import (
	"math"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
	"github.com/tokengate/tokengate/internal/traffic"
)

// run is the state of one replay: memos of everything that is the same for many calls, and the sums.
type run struct {
	plan Plan

	models   map[string]*model // by recorded name; also by id of declared models
	counts   map[countKey]token.Estimate
	versions map[versionKey]*prompt.Template
	used     map[string]int64

	base, head *Cube
	groups     map[groupKey]*Group
	causes     map[causeKey]*Cause
	unpriced   map[string]*Unpriced
	notes      Notes

	counters map[string]*token.Counter // by family
	kinds    map[trusted]int           // the kinds of counts that were trusted, numbered as they came
	trusts   []trust                   // what the call at hand was moved on
}

type (
	countKey struct {
		template *prompt.Template
		part     string // "" for the whole text, "stable" for the stable prefix
		family   string
	}
	versionKey struct{ path, id string }
)

// model is a resolved model with what one call's cost needs at hand; priced is false for an unknown name.
type model struct {
	pricing.Model
	priced bool
	why    error // why it has no price, where the name alone does not tell
	picos  map[rateKey]*picoRates
}

type rateKey struct {
	tier string
	band int
}

// picoRates are prices in 10^-12 dollars a token, for statistics of single calls.
type picoRates struct{ input, read, write5m, write1h, output, reasoning float64 }

func newRun(p Plan) *run {
	book := map[string]*model{}
	return &run{
		plan: p, models: book, counts: map[countKey]token.Estimate{}, versions: map[versionKey]*prompt.Template{},
		used: map[string]int64{}, base: newCube(book), head: newCube(book), groups: map[groupKey]*Group{},
		causes: map[causeKey]*Cause{}, unpriced: map[string]*Unpriced{},
		notes:    Notes{UnknownVersion: map[string]int64{}, NotLoaded: map[string]int64{}, Removed: map[string]int64{}},
		counters: map[string]*token.Counter{}, kinds: map[trusted]int{},
	}
}

// model resolves a recorded model name. An unknown one is noted with its first place and keeps its tokens, unpriced.
func (r *run) model(name string, c *traffic.Call) *model {
	m := r.lookup(name)
	if m.priced && !m.offers(tierName(c.Tier)) {
		m, name = r.withoutTier(m, name, c.Tier)
	}
	if !m.priced {
		u := r.unpriced[name]
		if u == nil {
			u = &Unpriced{Name: name, Reason: m.reason(r.plan), First: c.Place}
			r.unpriced[name] = u
		}
		u.Calls++
		if c.Place.File < u.First.File || c.Place.File == u.First.File && c.Place.Line < u.First.Line {
			u.First = c.Place
		}
	}
	return m
}

func (r *run) lookup(name string) *model {
	if m, ok := r.models[name]; ok {
		return m
	}
	found, err := r.plan.Catalog.Lookup(name, r.plan.At)
	m := &model{Model: found, priced: err == nil, picos: map[rateKey]*picoRates{}}
	if err == nil {
		if _, err = found.Rates("", 0); err != nil {
			m.priced = false
		}
		if same, ok := r.models[found.ID]; ok {
			r.models[name] = same
			return same
		}
		r.models[found.ID] = m
	} else {
		m.ID, m.Tokenizer = name, "other"
	}
	r.models[name] = m
	return m
}

func (m *model) reason(p Plan) error {
	if m.why != nil {
		return m.why
	}
	found, err := p.Catalog.Lookup(m.ID, p.At)
	if err == nil {
		_, err = found.Rates("", 0)
	}
	return err
}

func (m *model) offers(tier string) bool {
	_, err := m.Rates(tier, 0)
	return err == nil
}

// withoutTier stands for a model on a service tier that has no price: taking the standard one would be too cheap for
// priority and too dear for batch.
func (r *run) withoutTier(m *model, name, tier string) (*model, string) {
	name += " (tier " + tier + ")"
	shadow, ok := r.models[name]
	if !ok {
		_, err := m.Rates(tier, 0)
		shadow = &model{Model: m.Model, why: err}
		r.models[name] = shadow
	}
	return shadow, name
}

// pico is one call's cost in 10^-12 dollars, rounded; 0 for a model without a price.
func (m *model) pico(tier string, u token.Usage) int64 {
	if !m.priced {
		return 0
	}
	return int64(math.Round(m.picoAt(rateKey{tier, m.Band(u.Prompt())}, u)))
}

// picoAt prices usage at given rates, whatever its own length; 0 for a model without a price.
func (m *model) picoAt(key rateKey, u token.Usage) float64 {
	if !m.priced {
		return 0
	}
	p, ok := m.picos[key]
	if !ok {
		r := m.rates(key)
		p = &picoRates{r.Input.Float() * 1e6, r.CacheRead.Float() * 1e6, r.CacheWrite5m.Float() * 1e6, r.CacheWrite1h.Float() * 1e6, r.Output.Float() * 1e6, r.Reasoning.Float() * 1e6}
		m.picos[key] = p
	}
	return float64(u.Input)*p.input + float64(u.CacheRead)*p.read + float64(u.CacheWrite5m)*p.write5m +
		float64(u.CacheWrite1h)*p.write1h + float64(u.Output)*p.output + float64(u.Reasoning)*p.reasoning
}

// rates gives the price of a tier that the model offers.
func (m *model) rates(k rateKey) pricing.Rates {
	rates, err := m.Rates(k.tier, k.band)
	if err != nil {
		panic("replay: a call was priced on a tier that is not offered: " + err.Error())
	}
	return rates
}

// count measures a part of a template under a tokenizer family, once.
func (r *run) count(t *prompt.Template, part, family string) token.Estimate {
	key := countKey{t, part, family}
	if e, ok := r.counts[key]; ok {
		return e
	}
	var e token.Estimate
	if part == "" {
		e = Measure(t, r.counter(family)).Total
	} else {
		text, _ := t.StablePrefix()
		e = r.counter(family).Count(text)
	}
	r.counts[key] = e
	return e
}

// counter never fails: a family the token package does not know counts as "other", with that family's wide error.
func (r *run) counter(family string) *token.Counter {
	if c, ok := r.counters[family]; ok {
		return c
	}
	c, err := r.plan.Tokens.For(family)
	if err != nil {
		c, err = r.plan.Tokens.For("other")
	}
	if err != nil {
		panic("token: the fallback counter is missing: " + err.Error())
	}
	r.counters[family] = c
	return c
}
