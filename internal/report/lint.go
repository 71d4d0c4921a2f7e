package report

import (
	"io"
	"time"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/source"
)

// LintID names the version of the document that lint writes, LintURL its JSON Schema.
const (
	LintID  = "tokengate/lint/v1"
	LintURL = "https://github.com/tokengate/tokengate/schema/lint/v1.json"
)

// Lint is what the rules for templates, budgets and fixtures found in one revision.
type Lint struct {
	Schema      string        `json:"schema"`
	Tool        Tool          `json:"tool"`
	GeneratedAt time.Time     `json:"generated_at"` // the time the run was given, UTC
	Project     Project       `json:"project"`
	Base        *Revision     `json:"base"`   // what growth is measured from and where the settings of lint stand; null without one
	Head        Revision      `json:"head"`   //
	Period      *Period       `json:"period"` // what costs are per; null where nothing was priced from traffic
	Status      Status        `json:"status"` // pass, warn (warnings or less) or fail (an error)
	Headline    string        `json:"headline"`
	Counts      LintCounts    `json:"counts"`
	Findings    []LintFinding `json:"findings"`      // by file and place
	Suppressed  []LintFinding `json:"suppressed"`    // the same, held back by a suppression with a reason
	ByRule      []RuleCount   `json:"suppressed_by"` // how many of each rule are held back, most first
	Fixed       []LintFix     `json:"fixed"`         // what --fix changed, or would change
	Rules       []LintRule    `json:"rules"`         // the rules of lint, and any other that a finding names; by id
	Files       []string      `json:"files"`         // that were looked at
	Notes       []string      `json:"notes"`         // what the figures rest on, one sentence each
}

// LintCounts sums findings up.
type LintCounts struct {
	Errors     int `json:"errors"`
	Warnings   int `json:"warnings"`
	Infos      int `json:"infos"`
	Suppressed int `json:"suppressed"`
}

// RuleCount is how often a rule was held back.
type RuleCount struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
}

// LintFinding is one thing that a rule found.
type LintFinding struct {
	Rule        string           `json:"rule"`
	Severity    source.Severity  `json:"severity"`
	Message     string           `json:"message"`
	Hint        string           `json:"hint,omitempty"`
	Place       Place            `json:"place"`
	Related     []LintRelated    `json:"related,omitempty"`         // other places that belong to it
	Tokens      *int64           `json:"tokens,omitempty"`          // that could be saved, or are affected, each time the text is sent
	Cost        *money.Amount    `json:"cost_per_period,omitempty"` // of these tokens; absent where traffic does not say
	Fixable     bool             `json:"fixable,omitempty"`         // --fix mends it
	Fingerprint string           `json:"fingerprint"`               // the same after lines above have moved
	Suppression *LintSuppression `json:"suppression,omitempty"`     // of a finding that is held back
}

// LintRelated is another place of a finding.
type LintRelated struct {
	Place   Place  `json:"place"`
	Message string `json:"message"`
}

// LintSuppression is why a finding is held back.
type LintSuppression struct {
	Kind    string `json:"kind"` // comment: beside the text; config: in tokengate.yaml
	Reason  string `json:"reason"`
	Place   Place  `json:"place"`
	Expires string `json:"expires,omitempty"` // YYYY-MM-DD, the last day that it holds
}

// LintFix is one change of a file.
type LintFix struct {
	Rule    string `json:"rule"`
	Place   Place  `json:"place"` // before the change
	Message string `json:"message"`
}

// LintRule is a rule as it was in force.
type LintRule struct {
	ID      string `json:"id"`
	Level   string `json:"level"` // off, info, warning or error
	Summary string `json:"summary"`
	Explain string `json:"explain"`
	Fixable bool   `json:"fixable"` // --fix mends some of its findings
}

// LintSchema is the JSON Schema of the document that lint writes; see Schema.
func LintSchema() ([]byte, error) { return schemaOf(&Lint{}, LintURL, "tokengate lint") }

// Write writes the document as indented JSON with a final newline; see Report.Write.
func (l *Lint) Write(w io.Writer) error { return encode(w, l) }
