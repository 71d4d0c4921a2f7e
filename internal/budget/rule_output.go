package budget

import (
	"github.com/tokengate/tokengate/internal/source"
)

// Output is how recorded answers stand to a cap on them that held when they were recorded.
type Output struct {
	Where       string
	Cap         int64
	Over, Calls int64 // recorded calls, of those that are kept one by one
	Largest     int64
	Place       source.Span
}

var outputCap = Rule{source.Rule{
	ID:      "output-cap",
	Summary: "recorded answers are longer than their cap",
	Explain: `max_output_tokens declares the most that a call may answer. A changed cap is replayed: recorded answers are cut at it.
A cap that base has and that recorded answers exceed is not set where the calls are made, so the budget rests on a limit
that nothing enforces. It is the recording's doing and not the change's, so it warns.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, o := range e.Outputs {
		findings = append(findings, finding(source.Warning, Warn, o.Place, "set max_tokens of the requests to the cap, or have the cap raised", "%s: %s of %s recorded answers are longer than max_output_tokens of %s; the longest has %s",
			o.Where, TokensOf(float64(o.Over)).Text, TokensOf(float64(o.Calls)).Text, TokensOf(float64(o.Cap)).Text, TokensOf(float64(o.Largest)).Text))
	}
	return nil, findings
}}
