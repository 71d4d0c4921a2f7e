package rehearsal

import (
	"math"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
)

// prices finds models by name, each once.
type prices struct {
	catalog *pricing.Catalog
	at      time.Time
	tokens  token.Book
	bills   map[[2]string]*bill
}

// bill prices usage on one model and service tier.
type bill struct {
	pricing.Model
	tier  string
	bands []rates
	err   error // why there is no price
}

// rates are the exact ones, and those in 10^-12 dollars a token that a guard counts with.
type rates struct {
	exact                                            pricing.Rates
	input, read, write5m, write1h, output, reasoning float64
}

// bill gives the same pointer for the same name and tier.
func (p *prices) bill(model, tier string) *bill {
	if tier == "" {
		tier = pricing.Standard
	}
	key := [2]string{model, tier}
	if b, ok := p.bills[key]; ok {
		return b
	}
	if p.bills == nil {
		p.bills = map[[2]string]*bill{}
	}
	b := &bill{tier: tier}
	b.Model, b.err = p.catalog.Lookup(model, p.at)
	for band := 0; b.err == nil && band <= len(b.Thresholds()); band++ {
		var r pricing.Rates
		if r, b.err = b.Rates(tier, band); b.err == nil {
			b.bands = append(b.bands, rates{r, pico(r.Input), pico(r.CacheRead), pico(r.CacheWrite5m), pico(r.CacheWrite1h), pico(r.Output), pico(r.Reasoning)})
		}
	}
	p.bills[key] = b
	return b
}

// pico turns a price per million tokens in dollars into one per token in 10^-12 dollars.
func pico(a money.Amount) float64 { return a.Float() * 1e6 }

// cost is what a call costs in 10^-12 dollars, rounded; 0 without a price.
func (b *bill) cost(u token.Usage) int64 {
	if b.err != nil {
		return 0
	}
	r := &b.bands[b.Band(u.Prompt())]
	return int64(math.Round(float64(u.Input)*r.input + float64(u.CacheRead)*r.read + float64(u.CacheWrite5m)*r.write5m +
		float64(u.CacheWrite1h)*r.write1h + float64(u.Output)*r.output + float64(u.Reasoning)*r.reasoning))
}

// account sums usage by price, so that it is multiplied once and exactly.
type account map[entry]token.Usage

type entry struct {
	on   *bill
	band int
}

func (a account) add(on *bill, u token.Usage, times int64) {
	if on.err != nil {
		return
	}
	k := entry{on, on.Band(u.Prompt())}
	a[k] = a[k].Add(token.Usage{Input: u.Input * times, CacheRead: u.CacheRead * times, CacheWrite5m: u.CacheWrite5m * times,
		CacheWrite1h: u.CacheWrite1h * times, Output: u.Output * times, Reasoning: u.Reasoning * times})
}

// cost is exact, so that the order of the sum does not matter.
func (a account) cost() (sum money.Amount) {
	for k, u := range a {
		sum = sum.Add(k.on.bands[k.band].exact.Cost(u))
	}
	return sum
}
