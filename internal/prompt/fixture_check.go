package prompt

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/source"
)

// Pattern is a regular expression in RE2's syntax, which always ends.
type Pattern struct{ *regexp.Regexp }

// UnmarshalText reads an expression.
func (p *Pattern) UnmarshalText(b []byte) (err error) {
	if p.Regexp, err = regexp.Compile(string(b)); err != nil {
		return fmt.Errorf("cannot read %q as a regular expression: %w", b, err)
	}
	return nil
}

// Meter measures a rendered prompt. Tokens is of the text and of what a provider puts around the messages of body, which
// has none where the template knows no roles. Cost is of so many tokens as the input of one call; ok is false where no price is
// known. Without Cost no price is.
type Meter struct {
	Tokens func(text string, body request.Body) int64
	Cost   func(tokens int64) (cost money.Amount, ok bool)
}

// Check renders t with the fixture's variables and holds the result against what is expected. Variables keep their types in
// a template of a kind that is rendered. It returns the diagnostics of rendering too. A nil template, one that could not be loaded, fulfils nothing.
func (f Fixture) Check(t *Template, m Meter) source.Diagnostics {
	text, diags := t.Render(f.Values())
	r := Rendered{Messages: []Message{{Text: text}}}
	if t != nil && t.program != nil {
		r, diags = t.Messages(f.Data())
		text = r.Text()
	}
	if t == nil {
		f.fail(&diags, f.Template.Span, "cannot be rendered: the template was not loaded")
		return diags
	}
	if diags.HasErrors() {
		return diags // what it renders to is not known
	}
	f.holdSize(&diags, text, r.Body(), m)
	if want := f.Expect.Messages; want.Set && money.Count(len(r.Messages)) != want.Value {
		f.fail(&diags, want.Span, "renders to %d messages, not the %s expected", len(r.Messages), want.Value.Exact())
	}
	for _, c := range f.Expect.Contains {
		if !strings.Contains(text, c.Value) {
			f.fail(&diags, c.Span, "renders to a text that does not contain %q", c.Value)
		}
	}
	for _, c := range f.Expect.NotContains {
		if strings.Contains(text, c.Value) {
			f.fail(&diags, c.Span, "renders to a text that contains %q", c.Value)
		}
	}
	for _, p := range f.Expect.Matches {
		if p.Value.Regexp != nil && !p.Value.MatchString(text) {
			f.fail(&diags, p.Span, "renders to a text that does not match %q", p.Value.String())
		}
	}
	return diags
}

// holdSize holds tokens and cost against their limits.
func (f Fixture) holdSize(diags *source.Diagnostics, text string, body request.Body, m Meter) {
	e := f.Expect
	if !e.MaxTokens.Set && !e.MinTokens.Set && !e.MaxCost.Set {
		return
	}
	n := m.Tokens(text, body)
	tokens := money.Count(n)
	if e.MaxTokens.Set && tokens > e.MaxTokens.Value {
		f.fail(diags, e.MaxTokens.Span, "renders to %s tokens, over the %s expected", tokens.Exact(), e.MaxTokens.Value.Exact())
	}
	if e.MinTokens.Set && tokens < e.MinTokens.Value {
		f.fail(diags, e.MinTokens.Span, "renders to %s tokens, under the %s expected", tokens.Exact(), e.MinTokens.Value.Exact())
	}
	if !e.MaxCost.Set {
		return
	}
	var cost money.Amount
	known := false
	if m.Cost != nil {
		cost, known = m.Cost(n)
	}
	switch {
	case !known:
		diags.Add("fixture-unpriced", e.MaxCost.Span, "declare model: in a budget block of the template, or on its track", "%s declares no model that has a price, so max_cost cannot be held", f.Template.Value)
	case cost.Cmp(e.MaxCost.Value) > 0:
		f.fail(diags, e.MaxCost.Span, "costs %s as the input of a call, over the %s expected", cost, e.MaxCost.Value)
	}
}
