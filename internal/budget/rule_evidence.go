package budget

import (
	"time"

	"github.com/tokengate/tokengate/internal/source"
)

// The rules of this file ask whether the evidence is good enough to judge by.

var noBudget = Rule{source.Rule{
	ID:      "no-budget",
	Summary: "no ceiling is declared anywhere",
	Explain: `Without a ceiling there is nothing to hold the forecast against. The report still counts, prices and forecasts; the
verdict is inconclusive until a ceiling is declared. One line is enough: ceiling: $2,000 in tokengate.yaml.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	if len(e.Ceilings) == 0 {
		findings = append(findings, finding(source.Warning, Inconclusive, source.Span{}, "run tokengate init, then write one line such as ceiling: $2,000 in tokengate.yaml", "no ceiling is declared, so there is nothing to hold the change against"))
	}
	return nil, findings
}}

var noTraffic = Rule{source.Rule{
	ID:      "no-traffic",
	Summary: "a declared track has no recorded calls",
	Explain: `A track that is declared but never seen in the recording cannot be forecast. It is inconclusive rather than free:
the recording may be incomplete, or calls may be labelled with another track's name.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, d := range e.Declared {
		if e.Scopes[d.Scope].Calls == 0 {
			findings = append(findings, finding(source.Warning, Inconclusive, d.Span, "check that the recording names this track, or remove the track", "%s is declared, but no recorded call belongs to it", d.Scope))
		}
	}
	return nil, findings
}}

var unmappedCalls = Rule{source.Rule{
	ID:      "unmapped-calls",
	Summary: "recorded calls belong to no track, though tracks are declared",
	Explain: `Calls without a track are a track of their own in every report and count for the project, but no track's ceiling is
held against them: spend of a declared track may be among them. Give them a track with rules under map: in tokengate.yaml,
or with defaults of the recording. tokengate traffic explain FILE shows what such calls say of themselves.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	if u := e.Unmapped; len(e.Declared) > 0 && u.Calls > 0 && u.Share > 0 {
		findings = append(findings, finding(source.Warning, Warn, e.Declared[0].Span, "tokengate traffic explain shows what they say of themselves; write rules under map: in tokengate.yaml",
			"%d recorded calls, %s of %s, belong to no track: no track's ceiling holds them", u.Calls, smallPercent(u.Share), u.Of))
	}
	return nil, findings
}}

// smallPercent does not let a share that is there read as none.
func smallPercent(f float64) string {
	if f < 0.0005 {
		return "less than 0.1%"
	}
	return percent(f)
}

var badLines = Rule{source.Rule{
	ID:      "bad-lines",
	Summary: "too many lines of the recording cannot be read",
	Explain: `Bad lines are reported one by one and skipped. Beyond the allowed share (bad_lines, 1 % unless set) what was skipped
could decide the verdict, so it is inconclusive.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	if e.BadShare > e.MaxBad {
		findings = append(findings, finding(source.Warning, Inconclusive, e.BadPlace, "mend the recording, or set bad_lines", "%s of the recording cannot be read; at most %s may be", percent(e.BadShare), percent(e.MaxBad)))
	}
	return nil, findings
}}

var unpricedModel = Rule{source.Rule{
	ID:      "unpriced-model",
	Summary: "a recorded model has no price",
	Explain: `A model that the catalogue does not know is never counted as free. Its tokens are counted, its cost is unknown, and
the verdict is inconclusive until a price is given in a file under prices.files.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, u := range e.Unpriced {
		findings = append(findings, finding(source.Error, Inconclusive, u.Place, u.Hint, "model %q has no price: %s (%d calls)", u.Name, u.Why, u.Calls))
	}
	return nil, findings
}}

var stalePrice = Rule{source.Rule{
	ID:      "stale-price",
	Summary: "a price was last seen long ago",
	Explain: `Prices change several times a year. One that is older than prices.max_age (180 days unless set) may no longer be what
the bill will say. Give a current one in a file under prices.files.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, p := range e.Prices {
		if p.AsOf.IsZero() {
			findings = append(findings, finding(source.Info, Pass, p.Place, "", "the price of %s carries no date", p.Model))
			continue
		}
		if age := e.Now.Sub(p.AsOf); e.MaxAge > 0 && age > e.MaxAge {
			findings = append(findings, finding(source.Warning, Warn, p.Place, "update tokengate, or give the price in a file under prices.files",
				"the price of %s is of %s, %d days old", p.Model, p.AsOf.Format(time.DateOnly), int(age.Hours()/24)))
		}
	}
	return nil, findings
}}

var retiredModel = Rule{source.Rule{
	ID:      "retired-model",
	Summary: "a model is retired, or will be within the quarter",
	Explain: `A provider stops serving a model on its retirement date, or silently serves another at another price. A budget that
rests on it is stale from then on.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, p := range e.Prices {
		switch days := int(p.Retires.Sub(e.Now).Hours() / 24); {
		case p.Retires.IsZero() || days > 91:
		case days < 0:
			findings = append(findings, finding(source.Warning, Warn, p.Place, "choose its successor and replay it", "%s was retired on %s", p.Model, p.Retires.Format(time.DateOnly)))
		default:
			findings = append(findings, finding(source.Warning, Warn, p.Place, "choose its successor and replay it", "%s will be retired on %s, in %d days", p.Model, p.Retires.Format(time.DateOnly), days))
		}
	}
	return nil, findings
}}
