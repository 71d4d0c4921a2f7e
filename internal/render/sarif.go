package render

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// SARIF writes the checks that are not passed and the findings as SARIF 2.1.0, for code scanning; o.Rules explains them.
func SARIF(w io.Writer, r *report.Report, o Options) error {
	return writeSARIF(w, checkAlerts(r, o.Rules))
}

// LintSARIF writes a lint as SARIF 2.1.0; what is suppressed is there with its justification.
func LintSARIF(w io.Writer, d *report.Lint, _ Options) error { return writeSARIF(w, lintAlerts(d)) }

// The parts of SARIF 2.1.0 that are written, in the order of the specification. Names are those of its schema.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool                `json:"tool"`
		Automation sarifID                  `json:"automationDetails"`
		Invoked    []sarifInvocation        `json:"invocations"`
		Bases      map[string]sarifArtifact `json:"originalUriBaseIds"`
		Columns    string                   `json:"columnKind"`
		Results    []sarifResult            `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Name    string      `json:"name"`
		Short   sarifText   `json:"shortDescription"`
		Full    sarifText   `json:"fullDescription"`
		Help    sarifText   `json:"help"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Message sarifText `json:"message"`
		Level   string    `json:"level"`
	}
	sarifArtifact struct {
		URI         string     `json:"uri,omitempty"`
		Base        string     `json:"uriBaseId,omitempty"`
		Description *sarifText `json:"description,omitempty"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		Index        int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Related      []sarifLocation    `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"` // the first column after it
	}
	sarifSuppression struct {
		Kind          string         `json:"kind"`
		Status        string         `json:"status"`
		Justification string         `json:"justification"`
		Location      *sarifLocation `json:"location,omitempty"`
	}
)

const (
	sourceRoot = "%SRCROOT%"
	// maxResults is what GitHub takes of one run; it keeps the first 5,000, and the worst stand first.
	maxResults = 25_000
)

func writeSARIF(w io.Writer, a alerts) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: a.tool.Name, Version: a.tool.Version, URI: "https://github.com/tokengate/tokengate", Rules: []sarifRule{}}},
		Automation: sarifID{"tokengate/" + a.run + "/"}, Columns: "unicodeCodePoints", Results: []sarifResult{},
		Bases:   map[string]sarifArtifact{sourceRoot: {Description: &sarifText{"the folder that the project's configuration stands in"}}},
		Invoked: []sarifInvocation{{Successful: true}},
	}
	for _, r := range a.rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r))
	}
	for _, n := range a.list[:min(len(a.list), maxResults)] {
		run.Results = append(run.Results, sarifResultOf(n, slices.IndexFunc(a.rules, func(r report.LintRule) bool { return r.ID == n.rule })))
	}
	if rest := len(a.list) - len(run.Results); rest > 0 {
		run.Invoked[0].Notifications = []sarifNotification{{sarifText{plural(int64(rest), "more result", "more results") + " left out; the json format has all"}, "warning"}}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifRuleOf(r report.LintRule) sarifRule {
	full := r.Explain
	if full == "" {
		full = r.Summary
	}
	return sarifRule{ID: r.ID, Name: r.ID, Short: sarifText{r.Summary}, Full: sarifText{full}, Help: sarifText{full}, Default: sarifConfig{sarifLevel(r.Level)}}
}

// sarifLevel is a severity in SARIF's words.
func sarifLevel(severity string) string {
	if severity == source.Info.String() {
		return "note"
	}
	return severity
}

func sarifResultOf(n alert, rule int) sarifResult {
	text := n.message
	if n.hint != "" {
		text += "\nhint: " + n.hint
	}
	out := sarifResult{Rule: n.rule, Index: rule, Level: sarifLevel(n.severity.String()), Message: sarifText{text}, Locations: []sarifLocation{sarifLocationOf(n.place)},
		Fingerprints: map[string]string{"primaryLocationLineHash": n.fingerprint}}
	for i, r := range n.related {
		l := sarifLocationOf(r.Place)
		l.ID, l.Message = i+1, &sarifText{plain(r.Message)}
		out.Related = append(out.Related, l)
	}
	if s := n.suppression; s != nil {
		kind := map[string]string{"comment": "inSource", "config": "external"}[s.Kind]
		at := sarifLocationOf(s.Place)
		text := plain(s.Reason)
		if s.Expires != "" {
			text = fmt.Sprintf("%s (until %s)", text, s.Expires)
		}
		out.Suppressions = []sarifSuppression{{kind, "accepted", text, &at}}
	}
	return out
}

// sarifLocationOf names a place by a percent-encoded path below the project's root. A file as a whole is its first line.
func sarifLocationOf(p report.Place) sarifLocation {
	region := sarifRegion{StartLine: max(p.Start.Line, 1), StartColumn: p.Start.Col}
	switch {
	case p.End.Line > p.Start.Line && p.Start.Line > 0 && p.End.Col <= 1: // whole lines
		region.EndLine = p.End.Line - 1
	case p.End.Line >= p.Start.Line && p.Start.Line > 0 && p.Start.Col > 0 && p.End.Col > 0 && (p.End.Line > p.Start.Line || p.End.Col > p.Start.Col):
		region.EndLine, region.EndColumn = p.End.Line, p.End.Col
	}
	uri := url.URL{Path: p.File}
	return sarifLocation{Physical: sarifPhysical{sarifArtifact{URI: uri.String(), Base: sourceRoot}, region}}
}
