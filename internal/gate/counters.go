package gate

import (
	"path"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// counters counts text for models. Both sides are counted with one book, the policy's: a change must not lower its own
// counts by editing the calibration.
type counters struct {
	book    token.Book
	catalog *pricing.Catalog
	at      time.Time
}

// of gives the counter of a model; o200k_base where the model is "" or not known.
func (c counters) of(model string) *token.Counter {
	family := "o200k_base"
	if m, err := c.catalog.Lookup(model, c.at); err == nil {
		family = m.Tokenizer
	}
	if counter, err := c.book.For(family); err == nil {
		return counter
	}
	counter, err := c.book.For("o200k_base")
	if err != nil {
		panic("token: the embedded vocabulary is missing: " + err.Error())
	}
	return counter
}

// template gives the counter of the model that a side declares for a template.
func (c counters) template(s *side, t *prompt.Template) *token.Counter { return c.of(s.modelOf(t)) }

// recalibrated names an edit of the calibration's content; another file, or none, is an edit of tokengate.yaml, which the
// rule policy-changed names.
func recalibrated(policy, head *side) []budget.Finding {
	old, next := policy.policy.Calibration, head.policy.Calibration
	if policy == head || !old.Set || !next.Set || path.Clean(old.Value) != path.Clean(next.Value) || policy.calibration.Digest() == head.calibration.Digest() {
		return nil
	}
	f := budget.Finding{Status: budget.Warn, Approver: policy.policy.Project.Approver.Value, Diagnostic: source.Diagnostic{
		Rule: "calibration-changed", Severity: source.Warning, Span: source.Span{File: path.Clean(next.Value)},
		Summary: "this change edits the calibration (" + short(policy.calibration) + " → " + short(head.calibration) + "); both sides are counted with base's",
		Hint:    "the new factors hold once merged"}}
	return []budget.Finding{f}
}

func short(c *token.Calibration) string {
	d := c.Digest()
	return d[:min(len(d), 19)] // "sha256:" and 12 digits
}
