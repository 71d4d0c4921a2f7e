package lint

import (
	"slices"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

var cacheMinimum = Rule{Rule: source.Rule{
	ID:      "cache-minimum",
	Summary: "a stable prefix is just too short to be cached",
	Explain: `Below a length that depends on the model nothing is cached (1,024 tokens and more; the price catalogue has it). A prompt file
whose fixed text up to the first placeholder is at least three quarters of that length, and shorter, pays the plain input
price every time: with a few more fixed tokens, such as examples, it would cost less. The cost is what the prefix costs more
per period than if it were read from a cache. Memory files are not looked at: the tool's own prompt stands before them.`,
}, Severity: source.Info, check: (*project).cacheMinimums}

// near is the share of the minimum from which on a prefix is worth filling up.
const near = 0.75

func (p *project) cacheMinimums() []Finding {
	var out []Finding
	for _, t := range p.Policy.Templates {
		m, ok := p.priced(t)
		if t.Kind != prompt.Plain || !ok || m.MinCacheable == 0 {
			continue
		}
		prefix := t.Text()
		if vars := t.Placeholders(); len(vars) > 0 {
			prefix = prefix[:vars[0].Offset]
		}
		tokens := p.Count(p.model(t)).Count(prefix).Tokens
		if tokens >= m.MinCacheable || float64(tokens) < near*float64(m.MinCacheable) {
			continue
		}
		missing := m.MinCacheable - tokens
		f := at(whole(t.Path), "fill it up with fixed text that helps, such as examples", "the %s tokens of %s before its first placeholder are never cached: %s caches from %s on, %s more",
			money.Count(tokens).Exact(), t.Path, m.ID, money.Count(m.MinCacheable).Exact(), money.Count(missing).Exact())
		out = append(out, p.uncached(f, t, tokens))
	}
	return out
}

// templateCarry is what carrying a whole template costs; nil where traffic does not say.
func (p *project) templateCarry(t *prompt.Template) *report.Carry {
	if p.Measured == nil {
		return nil
	}
	i := slices.IndexFunc(p.Measured.Templates, func(r report.Template) bool { return r.Path == t.Path })
	if i < 0 {
		return nil
	}
	return p.Measured.Templates[i].Carry
}
