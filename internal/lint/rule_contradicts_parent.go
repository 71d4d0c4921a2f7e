package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

var budgetContradictsParent = Rule{Rule: source.Rule{
	ID:      "budget-contradicts-parent",
	Summary: "a budget is looser than the one above it",
	Explain: `The project stands above its tracks and features, and what tokengate.yaml gives a track or feature stands above a block
that names it. A ceiling above its parent's can never be what holds: the parent is exceeded first. A cap on input, output or
retrieval above its parent's is worse, since of caps the nearest to the call holds, so the block undoes what was agreed above
it. A block that expires is meant to be looser for a while and is left alone.`,
}, Severity: source.Warning, check: (*project).contradictions}

// tier is one place where limits are declared.
type tier struct {
	name   string
	limits prompt.Limits
}

func (p *project) contradictions() []Finding {
	var out []Finding
	strictest := map[source.Span]float64{}
	for _, pair := range p.lineage() {
		parents := map[string]bound{}
		for _, b := range bounds(pair.parent.limits) {
			parents[b.key] = b
		}
		for _, b := range bounds(pair.child.limits) {
			above, ok := parents[b.key]
			ok = ok && (pair.same || !b.single)
			if held, before := strictest[b.span]; ok && b.value > above.value && (!before || above.value < held) {
				out = slices.DeleteFunc(out, func(f Finding) bool { return f.Span == b.span }) // the strictest of its parents is named
				strictest[b.span] = above.value
				f := at(b.span, "lower it, or raise the one above", "%s of %s is %s, above the %s of %s", b.key, pair.child.name, b.text, above.text, pair.parent.name)
				f.Related = []report.LintRelated{{Place: above.span, Message: fmt.Sprintf("%s of %s", above.key, pair.parent.name)}}
				out = append(out, f)
			}
		}
	}
	return out
}

// pair is a declaration and one above it; same says that both are about the same calls.
type pair struct {
	child, parent tier
	same          bool
}

// lineage pairs every declaration of limits with what stands above it.
func (p *project) lineage() []pair {
	c := p.Policy.Config
	root := tier{"the project", prompt.Limits{Ceiling: c.Ceiling, Growth: c.Growth, PerCall: c.PerCall, PerSession: c.PerSession}}
	var out []pair
	above := map[budget.Scope]tier{}
	for i, list := range []source.Map[config.Envelope]{c.Tracks, c.Features} {
		kind := [...]string{"track", "feature"}[i]
		for _, e := range list {
			own := tier{kind + " " + e.Key.Value, e.Value.Limits}
			above[budget.Scope{Kind: kind, Name: e.Key.Value}] = own
			out = append(out, pair{own, root, false})
		}
	}
	for _, t := range p.Policy.Templates {
		for _, b := range t.Budgets {
			if b.Expires.Set {
				continue
			}
			block := tier{fmt.Sprintf("the block of %s in %s", b.Scope(), b.Span.File), b.Limits}
			out = append(out, pair{block, root, false})
			if parent, ok := above[budget.Scope{Kind: "track", Name: b.Track.Value}]; ok {
				out = append(out, pair{block, parent, !b.Feature.Set})
			}
			if parent, ok := above[budget.Scope{Kind: "feature", Name: b.Feature.Value}]; ok {
				out = append(out, pair{block, parent, !b.Track.Set})
			}
		}
	}
	return out
}

// bound is one limit that is set; smaller is stricter.
type bound struct {
	key   string
	value float64
	text  string
	span  source.Span

	single bool // of a call, a session or a change: of a part it may be looser than of the whole
}

func bounds(l prompt.Limits) []bound {
	var out []bound
	count := func(key string, at source.At[money.Count]) {
		if at.Set {
			out = append(out, bound{key: key, value: float64(at.Value), text: at.Value.String() + " tokens", span: at.Span})
		}
	}
	amount := func(key string, at source.At[money.Amount]) {
		if at.Set {
			out = append(out, bound{key: key, value: at.Value.Float(), text: at.Value.String(), span: at.Span})
		}
	}
	ratio := func(key string, at source.At[money.Ratio]) {
		if at.Set {
			out = append(out, bound{key: key, value: float64(at.Value), text: at.Value.String(), span: at.Span})
		}
	}
	amount("ceiling.cost", l.Ceiling.Cost)
	count("ceiling.tokens", l.Ceiling.Tokens)
	ratio("growth.cost", l.Growth.Cost)
	ratio("growth.tokens", l.Growth.Tokens)
	for _, u := range []struct {
		key string
		prompt.Unit
	}{{"per_call", l.PerCall}, {"per_session", l.PerSession}} {
		amount(u.key+".cost", u.Cost)
		count(u.key+".tokens", u.Tokens)
		count(u.key+".input_tokens", u.InputTokens)
		count(u.key+".output_tokens", u.OutputTokens)
		if u.Latency.Set {
			out = append(out, bound{key: u.key + ".latency", value: time.Duration(u.Latency.Value).Seconds(), text: u.Latency.Value.String(), span: u.Latency.Span})
		}
	}
	for i := range out {
		out[i].single = !strings.HasPrefix(out[i].key, "ceiling.")
	}
	count("max_output_tokens", l.MaxOutputTokens)
	count("context.max_input_tokens", l.Context.MaxInputTokens)
	count("context.max_retrieved_tokens", l.Context.MaxRetrievedTokens)
	return out
}
