package lint

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

var sectionGrew = Rule{Rule: source.Rule{
	ID:      "section-grew",
	Summary: "a section has grown a good deal since the last approved state",
	Explain: `Of every file the section that has grown most since the merge base (or --base REF) is named, when it grew by at least 100
tokens and by 10 %; a new section counts from nothing, a new file does not count. The cost is that of the tokens that were
added, at the rate at which the section is carried.`,
}, Severity: source.Info, check: (*project).sectionsGrew}

const (
	grewTokens = 100
	grewShare  = 0.10
)

func (p *project) sectionsGrew() []Finding {
	var out []Finding
	for _, x := range p.texts {
		old, ok := p.before(x)
		if !ok {
			continue
		}
		count := p.Count(p.model(x.template))
		var most Finding
		total := int64(0)
		for _, s := range x.parts {
			was := int64(0)
			for _, o := range old.Sections {
				if o.Heading == s.Heading && o.Anchor == s.Anchor {
					was = count.Count(o.Text).Tokens
				}
			}
			grown := s.tokens - was
			total += grown
			if grown < grewTokens || float64(grown) < grewShare*float64(was) || grown <= most.Tokens {
				continue
			}
			most = at(s.Span, "keep what every call needs; move the rest into a rule with paths or a skill", "%s grew from %s to %s tokens",
				s.name(), money.Count(was).Exact(), money.Count(s.tokens).Exact())
			most.Tokens, most.Cost = grown, share(s.carry, grown, s.tokens)
		}
		if most.Summary != "" {
			if total != most.Tokens {
				most.Summary += fmt.Sprintf("; the whole file by %s", money.Count(total).Exact())
			}
			out = append(out, most)
		}
	}
	return out
}

// before finds a file as base sends it.
func (p *project) before(x *text) (prompt.File, bool) {
	if t := p.Before[x.template.Path]; t != nil {
		for _, f := range t.Files {
			if f.Path == x.Path {
				return f, true
			}
		}
	}
	return prompt.File{}, false
}

// share is what n of the tokens of a carried text cost; nil where traffic does not say.
func share(c *report.Carry, n, of int64) *money.Amount {
	if c == nil || of == 0 {
		return nil
	}
	part := money.FromFloat(c.Cost.Float() * float64(n) / float64(of))
	return &part
}

// name is how a finding calls a section.
func (s part) name() string {
	switch s.Heading {
	case "":
		return "the text before the first heading"
	case prompt.Wrapper:
		return "the line around the file"
	}
	return fmt.Sprintf("%q", s.Heading)
}
