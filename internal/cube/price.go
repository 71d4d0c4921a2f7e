package cube

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
)

// Charge is what the calls of one cell cost.
type Charge struct {
	Key  Key
	Cost money.Amount
}

// Unpriced sums the calls of one model and tier that have no price.
type Unpriced struct {
	Model  string // as in the key
	Tier   string
	Reason error
	Calls  int64
	Usage  token.Usage
}

// Bill is what the calls of a cube cost. Charges and Unpriced together hold every call once; a call is never taken for
// free. Amounts are of the recorded calls, not scaled by the sampling share.
type Bill struct {
	Charges  []Charge   // in order of the keys
	Unpriced []Unpriced // by model, tier and reason
	Total    money.Amount
}

// Price multiplies the sums of each cell with the rates of a catalogue at one moment, for all days. It is exact: the
// price of a prompt length is the same for every call of a cell. Where a price file draws a threshold through a class
// of lengths that is not so, and those cells are unpriced.
func (c *Cube) Price(catalog *pricing.Catalog, at time.Time) *Bill {
	b := &Bill{}
	models := map[string]priced{}
	missing := map[[3]string]*Unpriced{}
	for _, s := range c.slots() {
		k := s.key
		m, ok := models[k.Model]
		if !ok {
			m.Model, m.err = catalog.Lookup(k.Model, at)
			models[k.Model] = m
		}
		rates, err := m.rates(k)
		if err != nil {
			noPrice(missing, k, &s.cell, err)
			continue
		}
		cost := rates.Cost(s.cell.Usage)
		b.Charges = append(b.Charges, Charge{Key: k, Cost: cost})
		b.Total = b.Total.Add(cost)
	}
	for _, u := range missing {
		b.Unpriced = append(b.Unpriced, *u)
	}
	slices.SortFunc(b.Unpriced, func(x, y Unpriced) int {
		return cmp.Or(cmp.Compare(x.Model, y.Model), cmp.Compare(x.Tier, y.Tier), cmp.Compare(x.Reason.Error(), y.Reason.Error()))
	})
	return b
}

// priced is a model as the catalogue has it, or why it does not.
type priced struct {
	pricing.Model
	err error
}

func (m priced) rates(k Key) (pricing.Rates, error) {
	if m.err != nil {
		return pricing.Rates{}, m.err
	}
	shortest, longest := Lengths(k.Band)
	low, high := m.Band(shortest), m.Band(longest)
	if low != high {
		return pricing.Rates{}, fmt.Errorf("model %s changes its price at %d tokens, within the class of prompts from %d to %d: price it from the recording itself",
			m.ID, m.Thresholds()[low], shortest, longest)
	}
	return m.Rates(k.Tier, low)
}

func noPrice(missing map[[3]string]*Unpriced, k Key, cell *Cell, why error) {
	id := [3]string{k.Model, k.Tier, why.Error()}
	u := missing[id]
	if u == nil {
		u = &Unpriced{Model: k.Model, Tier: k.Tier, Reason: why}
		missing[id] = u
	}
	plus(&u.Calls, cell.Calls)
	sumUsage(&u.Usage, &cell.Usage)
}

// ByName sums charges along a dimension.
func (b *Bill) ByName(d Dim) map[string]money.Amount {
	out := map[string]money.Amount{}
	for _, c := range b.Charges {
		name := c.Key.Name(d)
		out[name] = out[name].Add(c.Cost)
	}
	return out
}
