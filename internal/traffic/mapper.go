package traffic

import (
	"slices"
	"strings"
)

// mapper applies a mapping to the calls of one file. Only the file's own goroutine uses it.
type mapper struct {
	m     *Mapping
	rules []liveRule
	facts []askedFact // as Mapping.asked

	record  record          // the one at hand
	matched []int           // rules that hold for it
	by      [labelCount]int // which rule set a field of it; noRule otherwise
	hits    []mapperHits    // by rule
}

// mapperHits counts records.
type mapperHits struct{ matched, set int64 }

const noRule = -1

// askedFact is a fact in the course of reading. Which conditions a value meets is remembered: values repeat from call to
// call, and with many rules on one fact a single look-up answers all of them.
type askedFact struct {
	*ask
	own    func(*Call) string // reads it from the call, or is constant; nil where a reader tells it
	label  bool               // rules may change it, so that it is tested when it is asked for
	values []string           // told of the record at hand
	seen   map[string][]bool
	met    []bool // conditions that the record at hand meets; nil: none
	either []bool // for several values
}

// seenValues bounds what is remembered of one fact: ids never repeat.
const seenValues = 1000

// liveRule is a rule that can hold in a file, with the conditions that do not depend on the file alone.
type liveRule struct {
	index int
	when  []condition
	*compiled
}

// newMapper settles what depends on the file alone: conditions on its name and its dialect.
func newMapper(m *Mapping, dialect, file string) *mapper {
	p := &mapper{m: m, facts: make([]askedFact, len(m.asked)), hits: make([]mapperHits, len(m.rules))}
	fixed := map[string]string{factDialect: dialect, factFile: file}
	for i := range m.asked {
		a := &m.asked[i]
		p.facts[i] = askedFact{ask: a, own: ownFacts[a.name], label: slices.Contains(labelNames[:], a.name), seen: map[string][]bool{}}
		if v, ok := fixed[a.name]; ok {
			p.facts[i].own = func(*Call) string { return v }
		}
	}
	for i := range m.rules {
		if r, ok := p.live(i, fixed); ok {
			p.rules = append(p.rules, r)
		}
	}
	return p
}

// live drops the conditions on fixed facts; not ok if one of them does not hold.
func (p *mapper) live(i int, fixed map[string]string) (r liveRule, ok bool) {
	r = liveRule{index: i, compiled: &p.m.rules[i]}
	for _, c := range r.compiled.when {
		a := &p.m.asked[c.fact]
		if v, isFixed := fixed[a.name]; !isFixed {
			r.when = append(r.when, c)
		} else if !a.test(c.nth, v) {
			return r, false
		}
	}
	return r, true
}

// apply gives a record's call what the rules say.
func (p *mapper) apply(r *record, keep *interner) {
	for i := range p.facts {
		p.facts[i].values = p.facts[i].values[:0]
	}
	for _, f := range r.facts {
		if i, ok := p.m.places[f.Name]; ok && p.facts[i].own == nil {
			p.facts[i].values = append(p.facts[i].values, f.Value)
		}
	}
	for i := range p.facts {
		p.facts[i].meet(&r.call)
	}
	p.matched = p.matched[:0]
	for i := range p.by {
		p.by[i] = noRule
	}
	for i := range p.rules {
		if rule := &p.rules[i]; p.holds(rule, &r.call) {
			p.matched = append(p.matched, rule.index)
			p.set(rule, &r.call, keep)
		}
	}
}

// meet finds the conditions that the record's values meet.
func (a *askedFact) meet(c *Call) {
	a.met = nil
	switch {
	case a.label || len(a.conditions) == 0:
	case a.own != nil:
		a.met = a.look(a.own(c))
	case len(a.values) == 1:
		a.met = a.look(a.values[0])
	case len(a.values) > 1:
		a.either = append(a.either[:0], a.look(a.values[0])...)
		for _, v := range a.values[1:] {
			for i, ok := range a.look(v) {
				a.either[i] = a.either[i] || ok
			}
		}
		a.met = a.either
	}
}

// look tells which conditions one value meets.
func (a *askedFact) look(value string) []bool {
	if met, ok := a.seen[value]; ok {
		return met
	}
	met := make([]bool, len(a.conditions))
	for i := range met {
		met[i] = a.test(i, value)
	}
	if len(a.seen) < seenValues {
		a.seen[strings.Clone(value)] = met
	}
	return met
}

func (p *mapper) holds(rule *liveRule, c *Call) bool {
	for _, w := range rule.when {
		a := &p.facts[w.fact]
		if a.label && !a.test(w.nth, a.own(c)) || !a.label && (a.met == nil || !a.met[w.nth]) {
			return false
		}
	}
	return true
}

// set fills the fields that are still open.
func (p *mapper) set(rule *liveRule, c *Call, keep *interner) {
	hits, did := &p.hits[rule.index], false
	for i, parts := range rule.set {
		to := c.label(i)
		if parts == nil || p.by[i] != noRule || *to != "" && !rule.override {
			continue
		}
		if v := p.value(parts, c); v != "" {
			*to, p.by[i], did = keep.string(v), rule.index, true
		}
	}
	hits.matched++
	if did {
		hits.set++
	}
}

// value puts a value together; "" where a fact it names is missing.
func (p *mapper) value(parts []part, c *Call) string {
	if len(parts) == 1 {
		return p.piece(parts[0], c)
	}
	var b strings.Builder
	for _, part := range parts {
		v := p.piece(part, c)
		if v == "" {
			return ""
		}
		b.WriteString(v)
	}
	return b.String()
}

func (p *mapper) piece(x part, c *Call) string {
	if x.text != "" {
		return x.text
	}
	switch a := &p.facts[x.fact]; {
	case a.own != nil:
		return a.own(c)
	case len(a.values) > 0:
		return a.values[0]
	}
	return ""
}

// absorbHits adds the hits of a part of the file.
func (f *file) absorbHits(part *mapper) {
	switch {
	case part == nil:
	case f.mapper == nil:
		f.mapper = part
	default:
		for i, h := range part.hits {
			f.mapper.hits[i].matched += h.matched
			f.mapper.hits[i].set += h.set
		}
	}
}
