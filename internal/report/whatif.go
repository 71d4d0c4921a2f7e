package report

import (
	"fmt"
	"io"
	"time"
)

// WhatIfID names the version of the document that what-if writes.
const WhatIfID = "tokengate/what-if/v1"

// WhatIf is the document of a what-if: the variants, with what they rest on.
type WhatIf struct {
	Schema      string     `json:"schema"`
	Tool        Tool       `json:"tool"`
	GeneratedAt time.Time  `json:"generated_at"` // the time the run was given, UTC
	Project     Project    `json:"project"`
	Stage       string     `json:"stage"`  // pull_request, pre_release or release
	Period      Period     `json:"period"` // what period ceilings and forecasts are per
	Base        *Revision  `json:"base"`   // whose ceilings and prices hold; null when there is none
	Head        Revision   `json:"head"`   // the project as it is
	Matrix      Matrix     `json:"what_if"`
	Findings    []Finding  `json:"findings"` // what a check of the project as it is says beside its ceilings
	Provenance  Provenance `json:"provenance"`
}

// Matrix is the project as it is and its variants, side by side, on the same recorded calls.
type Matrix struct {
	Variants    []Variant `json:"variants"`     // as is first, then in the order they were given
	Measure     string    `json:"measure"`      // quantile that the stage holds the project's period ceilings against: "P75"
	Cheapest    string    `json:"cheapest"`     // name of the cheapest variant that keeps every ceiling on latency; "" for none
	CheapestWhy string    `json:"cheapest_why"` // how it was chosen, or why there is none
	NotMeasured []string  `json:"not_measured"` // what a recording cannot say, one sentence each
	Assumed     []string  `json:"assumed"`      // what had to be assumed, one sentence each
}

// Variant is the project with some settings replaced. It takes no part in the verdict.
type Variant struct {
	Name        string    `json:"name"` // "as is" for the project itself
	Description string    `json:"description,omitempty"`
	Changes     []string  `json:"changes"` // what is replaced, as it was written; empty as is
	Status      Status    `json:"status"`  // of all ceilings: fail when over one, inconclusive when one cannot be judged
	Held        int       `json:"held"`    // ceilings that hold
	Over        []string  `json:"over"`    // ids of the ceilings it is over, those that the project as it is is over as well included
	Unclear     []string  `json:"unclear"` // ids of those that cannot be judged
	Total       Outlook   `json:"total"`   // of the project
	Tracks      []Outlook `json:"tracks"`
	Tightest    *Odds     `json:"tightest"` // of all period ceilings the one most likely to be exceeded; null without any that was measured
	Cheapest    bool      `json:"cheapest,omitempty"`
	Notes       []string  `json:"notes,omitempty"`
}

// Outlook is what a variant comes to in a period, for a track or the project.
type Outlook struct {
	Name         string     `json:"name"`        // of the track; "" for the project and for calls without a track
	Calls        int64      `json:"calls"`       // recorded
	Cost         *CostDist  `json:"cost"`        // null with too little history, or calls without a price
	Tokens       *TokenDist `json:"tokens"`      // null with too little history
	CostEffect   *Effect    `json:"cost_effect"` // against the project as it is, on the same calls; null for itself
	TokensEffect *Effect    `json:"tokens_effect"`
	LatencyP50   *int64     `json:"latency_p50_ms"` // null when it is not known
	LatencyP95   *int64     `json:"latency_p95_ms"`
	Unknown      []string   `json:"unknown,omitempty"` // why a number is missing
	Ceiling      *Odds      `json:"ceiling"`           // of its own period ceilings the one most likely to be exceeded
}

// Odds is the probability that a period ceiling is exceeded.
type Odds struct {
	ID    string   `json:"id"`    // of the ceiling: "track/generation/period/cost"
	Limit Quantity `json:"limit"` //
	POver float64  `json:"p_over"`
}

// WhatIfDocument gives the part of the report that is about variants, with what it rests on; nil where none was asked for.
func (r *Report) WhatIfDocument() *WhatIf {
	if r.WhatIf == nil {
		return nil
	}
	return &WhatIf{Schema: WhatIfID, Tool: r.Tool, GeneratedAt: r.GeneratedAt, Project: r.Project, Stage: r.Stage, Period: r.Period,
		Base: r.Base, Head: r.Head, Matrix: *r.WhatIf, Findings: r.Findings, Provenance: r.Provenance}
}

// Report gives what the document and a report have in common, for what words both.
func (d *WhatIf) Report() *Report {
	return &Report{Schema: SchemaID, Tool: d.Tool, GeneratedAt: d.GeneratedAt, Project: d.Project, Stage: d.Stage, Period: d.Period,
		Base: d.Base, Head: d.Head, WhatIf: &d.Matrix, Findings: d.Findings, Provenance: d.Provenance}
}

// Write writes the document as a report is written; see Report.Write.
func (d *WhatIf) Write(w io.Writer) error {
	if err := encode(w, d); err != nil {
		return fmt.Errorf("write what-if: %w", err)
	}
	return nil
}
