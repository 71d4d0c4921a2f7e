package budget

import (
	"github.com/tokengate/tokengate/internal/source"
)

// Retrieval is what is declared to be retrieved for a call, where there is a cap on it.
type Retrieval struct {
	Where       string
	TopK, Chunk int64
	Base        int64 // top_k × chunk_tokens on base; -1 where it is not declared there
	Cap         int64
	Place       source.Span // of top_k
	CapAt       source.Span
}

var retrievalCap = Rule{source.Rule{
	ID:      "retrieval-cap",
	Summary: "more is retrieved than the cap allows",
	Explain: `top_k × chunk_tokens is what retrieval puts into a prompt when it finds enough. Where that is more than
context.max_retrieved_tokens, either the application cuts passages off in the middle, or it sends more than the budget
allows; the replay prices the cap. The check needs no traffic. The cap is base's, or head's where base has none. A breach
that base has as well, and that the change does not make worse, warns on a pull request.`,
}, func(e *Evidence) (_ []Check, findings []Finding) {
	for _, r := range e.Retrieval {
		product := r.TopK * r.Chunk
		if product <= r.Cap {
			continue
		}
		sev, status := source.Error, Fail
		if r.Base >= product && e.Stage == "pull_request" {
			sev, status = source.Warning, Warn
		}
		findings = append(findings, finding(sev, status, r.Place, "lower top_k or chunk_tokens, or have the cap raised", "%s: top_k %d × chunk_tokens %d retrieves %s tokens, over max_retrieved_tokens of %s (%s)",
			r.Where, r.TopK, r.Chunk, TokensOf(float64(product)).Text, TokensOf(float64(r.Cap)).Text, r.CapAt))
	}
	return nil, findings
}}
