package traffic

import (
	"slices"

	"github.com/tokengate/tokengate/internal/source"
)

// Explained is one record as it is counted: what was read from where, and which rules did what. See Options.Explain.
type Explained struct {
	Call    Call
	Dialect string
	Fields  []Origin // of every field that can be mapped, and the model, in a fixed order
	Facts   []Fact   // what the reader told, in its order
	Rules   []int    // rules of Options.Map that hold for the call, in order
}

// Origin says where the value of one field of a call comes from.
type Origin struct {
	Field, Value string
	From         string      // one of the From constants; FromNone with Value ""
	Key          string      // FromRecord: where in the record it stands; "" where the reader does not say
	Rule         source.Span // FromRule: the place of the rule
}

// Where a value comes from.
const (
	FromRecord   = "record"
	FromRule     = "map"
	FromDefaults = "defaults"
	FromNone     = "not known"
)

// explainer watches one record go through accept.
type explainer struct {
	recorded [labelCount + 1]string // before rules and defaults; the model last
}

func (e *explainer) before(c *Call) {
	for i := range labelCount {
		e.recorded[i] = *c.label(i)
	}
	e.recorded[labelCount] = c.Model
}

// after puts together what became of the record.
func (e *explainer) after(f *file, r *record) Explained {
	x := Explained{Call: r.call, Dialect: f.dialect, Facts: r.facts}
	if f.mapper != nil {
		x.Rules = slices.Clone(f.mapper.matched)
	}
	for i, name := range labelNames {
		o := Origin{Field: name, Value: *r.call.label(i)}
		if f.mapper != nil && f.mapper.by[i] != noRule {
			o.From, o.Rule = FromRule, f.opts.Map.rules[f.mapper.by[i]].span
		}
		x.Fields = append(x.Fields, o.trace(e.recorded[i], r.facts))
	}
	model := Origin{Field: "model", Value: r.call.Model}
	x.Fields = append(x.Fields, model.trace(e.recorded[labelCount], r.facts))
	return x
}

// trace finds the origin of a value that no rule gave.
func (o Origin) trace(recorded string, facts []Fact) Origin {
	switch {
	case o.From != "":
	case o.Value == "":
		o.From = FromNone
	case recorded == "":
		o.From = FromDefaults
	default:
		o.From = FromRecord
		if i := slices.IndexFunc(facts, func(f Fact) bool { return f.Name == o.Field }); i >= 0 {
			o.Key = facts[i].Key
		}
	}
	return o
}
