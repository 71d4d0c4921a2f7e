package rehearsal

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/token"
)

// fallback is the way of a lane's calls to a cheaper model.
type fallback struct {
	to      *bill // nil where calls stay on their model
	why     string
	recount token.Conversion
	err     float64 // relative error of the recount
}

// fallback says where calls on a model go that are degraded to another, or why they stay.
func (p *prices) fallback(on *bill, model string) fallback {
	if model == "" {
		return fallback{why: "no fallback model is declared for them"}
	}
	to := p.bill(model, on.tier)
	if to.err != nil && on.tier != pricing.Standard {
		to = p.bill(model, pricing.Standard) // what a request without that tier pays
	}
	switch {
	case on.err != nil:
		return fallback{why: "their own model has no price"}
	case to.err != nil:
		return fallback{why: fmt.Sprintf("the fallback model has no price: %v", to.err)}
	case to.ID == on.ID:
		return fallback{why: "they are on the fallback model already"}
	case embeds(to) != embeds(on):
		return fallback{why: fmt.Sprintf("%s does not do what %s does", to.ID, on.ID)}
	case dearer(to, on):
		return fallback{why: fmt.Sprintf("%s is not cheaper than %s", to.ID, on.ID)}
	}
	f := fallback{to: to, recount: p.tokens.Conversion(on.Tokenizer, to.Tokenizer, token.Prose)}
	f.err = f.recount.Of(0).RelativeError
	return f
}

func embeds(b *bill) bool { return b.Mode == "embedding" || b.Mode == "rerank" }

// dearer reports that neither input nor output is cheaper.
func dearer(a, b *bill) bool {
	x, y := a.bands[0].exact, b.bands[0].exact
	return x.Input.Cmp(y.Input) >= 0 && x.Output.Cmp(y.Output) >= 0
}

// usage restates a call in the fallback's tokens. Another model cannot read what this one had cached.
func (f *fallback) usage(u token.Usage) token.Usage {
	u.Input, u.CacheRead = u.Input+u.CacheRead, 0
	for _, n := range [...]*int64{&u.Input, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning} {
		*n = f.recount.Of(*n).Tokens
	}
	u.Reasoning = min(u.Reasoning, u.Output)
	return u
}

// fits reports whether the model takes a prompt of so many tokens.
func (f *fallback) fits(u token.Usage) bool {
	return (f.to.MaxInput == 0 || u.Prompt() <= f.to.MaxInput) && (f.to.Context == 0 || u.Prompt() <= f.to.Context)
}
