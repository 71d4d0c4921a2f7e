package replay

import (
	"cmp"
	"math"
	"slices"

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

	moved map[trusted]int64 // tokens moved on the strength of a count
}

type (
	countKey struct {
		template *prompt.Template
		part     string // "" for the whole text, "stable" for the stable prefix
		family   string
	}
	versionKey struct{ path, id string }
)

// trusted is how sure a count was: integers are summed per kind of count, so the sum depends on no order.
type trusted struct {
	method string
	err    float64
}

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
		notes: Notes{UnknownVersion: map[string]int64{}, NotLoaded: map[string]int64{}, Removed: map[string]int64{}},
		moved: map[trusted]int64{},
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
	key := rateKey{tier, m.Band(u.Prompt())}
	p, ok := m.picos[key]
	if !ok {
		r := m.rates(key)
		p = &picoRates{r.Input.Float() * 1e6, r.CacheRead.Float() * 1e6, r.CacheWrite5m.Float() * 1e6, r.CacheWrite1h.Float() * 1e6, r.Output.Float() * 1e6, r.Reasoning.Float() * 1e6}
		m.picos[key] = p
	}
	return int64(math.Round(float64(u.Input)*p.input + float64(u.CacheRead)*p.read + float64(u.CacheWrite5m)*p.write5m +
		float64(u.CacheWrite1h)*p.write1h + float64(u.Output)*p.output + float64(u.Reasoning)*p.reasoning))
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
		e = Measure(t, counterFor(family)).Total
	} else {
		text, _ := t.StablePrefix()
		e = counterFor(family).Count(text)
	}
	r.counts[key] = e
	return e
}

// counterFor never fails: a family the token package does not know counts as "other", with that family's wide error.
func counterFor(family string) *token.Counter {
	c, err := token.For(family)
	if err != nil {
		c, err = token.For("other")
	}
	if err != nil {
		panic("token: the fallback counter is missing: " + err.Error())
	}
	return c
}

// trust books that n tokens were moved on the strength of an estimate.
func (r *run) trust(n int64, e token.Estimate) {
	r.moved[trusted{e.Method, e.RelativeError}] += max(n, -n)
}

// counting gives the error of what was moved and the method that contributes most of it.
func (r *run) counting() (relative float64, method string) {
	kinds := make([]trusted, 0, len(r.moved))
	for k := range r.moved {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b trusted) int { return cmp.Or(cmp.Compare(a.method, b.method), cmp.Compare(a.err, b.err)) })
	var total int64
	var sum, worst float64
	for _, k := range kinds {
		weighed := float64(r.moved[k]) * k.err
		total, sum = total+r.moved[k], sum+weighed
		if method == "" || weighed > worst {
			method, worst = k.method, weighed
		}
	}
	if total == 0 {
		return 0, ""
	}
	return sum / float64(total), method
}
