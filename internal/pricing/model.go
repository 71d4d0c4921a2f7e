package pricing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/token"
)

// Model is one entry of the catalogue as it stands at one moment: scheduled and past prices, and the surcharge of the
// region its name asked for, are already applied. Looking ID up at the same moment gives the same model again.
type Model struct {
	ID           string // canonical: provider/name, with the region where it changes the price
	Provider     string
	Mode         string // chat, completion, embedding, rerank
	Tokenizer    string // a family known to token.For
	Context      int64  // total context window, tokens; 0 unknown
	MaxInput     int64
	MaxOutput    int64
	MinCacheable int64     // prompts shorter than this are not cached; 0 unknown
	AsOf         time.Time // day the price was seen; zero when an override file does not say
	Retires      time.Time // zero when no date is known
	Origin       string    // "builtin" or the override file's name

	Row     string   // id of the catalogue's row; one model under many names has one row
	Status  string   // "", or the vendor's word: deprecated, legacy, beta, retired
	Vendor  bool     // the price was read on the vendor's own page
	Sources int      // public price lists that carry the model; three or more that agree are solid, one is unverified
	Notes   []string // what a reader of the price should know, such as a price that tokens alone do not show

	standard Rates
	tiers    map[string]Rates // by service tier; absent tiers are not offered
	bands    []band           // ascending by threshold
	unpriced string           // why there is no price per token; "" when there is
}

// band is a whole-request price that applies from a prompt length on.
type band struct {
	from  int64 // smallest prompt length, in tokens, that pays it
	rates map[string]Rates
}

// Rates are prices in US dollars per million tokens, for one model, service tier and prompt-length band.
type Rates struct {
	Input, CacheRead, CacheWrite5m, CacheWrite1h, Output money.Amount

	// Reasoning is what a reasoning token costs on top of Output. It is zero for all but a few models, whose thinking
	// has a price of its own, and negative where that price is lower.
	Reasoning money.Amount
}

// Cost multiplies once and exactly: Σ tokens of a class × its rate / 10⁶. Reasoning is inside Output and not billed
// again, unless the model prices it apart.
func (r Rates) Cost(u token.Usage) money.Amount {
	sum := r.Input.Times(u.Input).
		Add(r.CacheRead.Times(u.CacheRead)).
		Add(r.CacheWrite5m.Times(u.CacheWrite5m)).
		Add(r.CacheWrite1h.Times(u.CacheWrite1h)).
		Add(r.Output.Times(u.Output)).
		Add(r.Reasoning.Times(u.Reasoning))
	return sum.Shift(-6)
}

// Equal reports whether every price is the same.
func (r Rates) Equal(o Rates) bool {
	return r.Input.Cmp(o.Input) == 0 && r.CacheRead.Cmp(o.CacheRead) == 0 && r.CacheWrite5m.Cmp(o.CacheWrite5m) == 0 &&
		r.CacheWrite1h.Cmp(o.CacheWrite1h) == 0 && r.Output.Cmp(o.Output) == 0 && r.Reasoning.Cmp(o.Reasoning) == 0
}

// Band is the price band of a prompt of so many tokens, cached ones included (token.Usage.Prompt): 0 is the base price,
// 1 the first threshold crossed, and so on. Crossing a threshold reprices the whole request, not the excess.
func (m Model) Band(promptTokens int64) int {
	n := 0
	for n < len(m.bands) && promptTokens >= m.bands[n].from {
		n++
	}
	return n
}

// Thresholds are the smallest prompt lengths, in tokens, of bands 1, 2, …; empty when the price does not depend on it.
func (m Model) Thresholds() []int64 {
	out := make([]int64, len(m.bands))
	for i, b := range m.bands {
		out[i] = b.from
	}
	return out
}

// Standard is the name of the service tier that every priced model has; "" means the same.
const Standard = "standard"

// Rates are the prices of a service tier in a band. A tier the model is not offered in is an error that names those it
// is; so is a model that is not priced per token, and a band the model does not have. Nothing falls back to another
// tier's price.
func (m Model) Rates(tier string, band int) (Rates, error) {
	if m.unpriced != "" {
		return Rates{}, fmt.Errorf("model %s is not priced per token: %s", m.ID, m.unpriced)
	}
	if band < 0 || band > len(m.bands) {
		return Rates{}, fmt.Errorf("model %s has no price band %d; its highest is %d", m.ID, band, len(m.bands))
	}
	if tier == "" {
		tier = Standard
	}
	if band == 0 && tier == Standard {
		return m.standard, nil
	}
	offered := m.tiers
	if band > 0 {
		offered = m.bands[band-1].rates
	}
	if r, ok := offered[tier]; ok {
		return r, nil
	}
	return Rates{}, fmt.Errorf("model %s has no price for service tier %q; known are %s", m.ID, tier, strings.Join(m.Tiers(), ", "))
}

// Tiers lists the service tiers that have a price: standard first, the others sorted; empty when nothing is priced per
// token.
func (m Model) Tiers() []string {
	if m.unpriced != "" {
		return nil
	}
	names := slices.Sorted(maps.Keys(m.tiers))
	names = slices.DeleteFunc(names, func(n string) bool { return n == Standard })
	return append([]string{Standard}, names...)
}
