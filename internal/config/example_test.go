package config_test

import (
	"testing"

	"github.com/tokengate/tokengate/internal/source"
)

// Only a recording that says so is an example, and the warning stands where it says so.
func TestWarnExample(t *testing.T) {
	p := policy(t, "recordings:\n  - {path: a.jsonl}\n  - {path: b.jsonl, example: false}\n  - {path: c.jsonl, example: true}\n")
	var diags source.Diagnostics
	for _, r := range p.Recordings {
		r.WarnExample(&diags)
	}
	if len(diags) != 1 || diags[0].Rule != "recording-example" || diags[0].Severity != source.Warning || diags[0].Span.String() != "tokengate.yaml:4:30" {
		t.Errorf("%v", diags)
	}
}
