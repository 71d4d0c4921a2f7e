package traffic

import (
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// Mapping gives calls the labels that their dialect lacks. Its rules are tried in order; a rule sets the fields that the
// record does not say and that no earlier rule has set, and what is still missing then comes from Source.Defaults. A
// value with a fact in braces that the record lacks sets nothing, and leaves the field to the next rule. Conditions see
// what earlier rules have set, and do not see defaults. The zero Mapping has no rules.
type Mapping struct {
	rules  []compiled
	asked  []ask
	places map[string]int // in asked, by name
}

// NewMapping compiles rules. What is wrong with one is an error at its place, and the mapping is then not to be used.
func NewMapping(rules []MapRule) (Mapping, source.Diagnostics) {
	m := Mapping{places: map[string]int{}}
	var diags source.Diagnostics
	for _, r := range rules {
		m.rules = append(m.rules, m.compile(r, &diags))
	}
	return m, diags
}

// Rules gives the places of the rules in their order.
func (m *Mapping) Rules() []source.Span {
	out := make([]source.Span, len(m.rules))
	for i, r := range m.rules {
		out[i] = r.span
	}
	return out
}

// needsFacts tells whether readers must tell facts: a rule asks for one that the call itself does not hold.
func (m *Mapping) needsFacts() bool {
	return slices.ContainsFunc(m.asked, func(a ask) bool {
		return ownFacts[a.name] == nil && a.name != factDialect && a.name != factFile
	})
}

// mapping applies the rules and then the recording's defaults to a record.
func (f *file) mapping(r *record) {
	if len(f.opts.Map.rules) > 0 {
		if f.mapper == nil {
			f.mapper = newMapper(&f.opts.Map, f.dialect, f.name)
		}
		f.mapper.record = *r // a copy that is there already: without rules, no record is allocated on its own
		f.mapper.apply(&f.mapper.record, &f.strings)
		*r = f.mapper.record
	}
	c, d := &r.call, f.src.Defaults
	c.Track, c.Feature = either(c.Track, d.Track), either(c.Feature, d.Feature)
	c.Model, c.Template = either(c.Model, d.Model), either(c.Template, d.Template)
	if f.opts.Template != nil {
		c.Template = f.opts.Template(f.dialect, c)
	}
}

// unused names the rules that did nothing in a whole reading, if there was a call for them to act on.
func (m *Mapping) unused(files []*file) source.Diagnostics {
	hits, read := make([]mapperHits, len(m.rules)), false
	for _, f := range files {
		if f.mapper == nil {
			continue
		}
		read = true
		for i, h := range f.mapper.hits {
			hits[i].matched += h.matched
			hits[i].set += h.set
		}
	}
	var diags source.Diagnostics
	for i, h := range hits {
		d := source.Diagnostic{Rule: ruleMapUnused, Severity: source.Info, Span: m.rules[i].span}
		switch {
		case !read || h.set > 0:
			continue
		case h.matched == 0:
			d.Summary, d.Hint = "the map rule matches no recorded call", "tokengate traffic explain shows the facts that calls have"
		default:
			d.Summary, d.Hint = "the map rule matches calls, but sets nothing: earlier rules or the records say it, or a fact it takes a value from is missing", "tokengate traffic explain shows where each value comes from"
		}
		diags = append(diags, d)
	}
	return diags
}
