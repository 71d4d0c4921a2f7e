package gate_test

import (
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/gate"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

func runGate(t *testing.T, tree files) (*report.Report, source.Diagnostics, error) {
	t.Helper()
	return gate.Run(input(t, nil, tree))
}

// sectioned is a CLAUDE.md whose section Testing has a budget and two words more for each of n.
func sectioned(keys string, n int) string {
	return "# Shop\n\n## Testing\n\n<!--\nnot sent\n-->\nRun the tests." + strings.Repeat(" Twice, please.", n) + "\n\n### Speed\n\nBe quick.\n\n## Style\n\nShort.\n\n" +
		"## Token budget\n\n```yaml tokengate\nsections: {testing: {" + keys + "}}\n```\n"
}

// A section's own text is counted with its subsections and without what is not sent; no traffic is needed.
func TestSectionSize(t *testing.T) {
	tree := project(t)
	for _, c := range []struct {
		name, keys string
		more       int
		want       report.Status
		text       string
	}{
		{"within", "per_call: {input_tokens: 40}", 0, report.Pass, "section CLAUDE.md#testing: its own text of 13 tokens is within the ceiling of 40"},
		{"over", "per_call: {tokens: 40}", 10, report.Fail, "its own text of 53 tokens is over the ceiling of 40"},
		{"over on base", "per_call: {tokens: 4}", 0, report.Warn, "over the ceiling of 4, as on base"},
		{"grown", "growth: {tokens: 50%}", 10, report.Fail, "section CLAUDE.md#testing: tokens grows by +307.7%"},
		{"grown within", "growth: {tokens: 50%}", 1, report.Pass, "tokens grows by +30.8%"},
		{"cap", "context: {max_input_tokens: 40}", 10, report.Fail, "CLAUDE.md#testing is 53 tokens (±0.0%), over its cap of 40 on its own text"},
		{"money", "ceiling: {cost: $40}", 0, report.Pass, "section CLAUDE.md#testing: p50 $0.02189/month for sending its own text"},
		{"money of a call", "per_call: {cost: $40}", 0, report.Pass, "p95 cost of sending its own text once $0.000052"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare(t, tree.edit("CLAUDE.md", sectioned(c.keys, 0)), tree.edit("CLAUDE.md", sectioned(c.keys, c.more)))
			if r.Verdict.Status != c.want || !strings.Contains(texts(r), c.text) {
				t.Errorf("want %s with %q\n%s", c.want, c.text, texts(r))
			}
		})
	}
}

// A section that is gone leaves its budget without a text, which is said; a new one has nothing to grow from.
func TestSectionGone(t *testing.T) {
	tree := project(t)
	with := tree.edit("CLAUDE.md", sectioned("per_call: {tokens: 40}", 0))
	without := tree.edit("CLAUDE.md", strings.ReplaceAll(strings.ReplaceAll(sectioned("per_call: {tokens: 40}", 0), "## Testing", "## Tests"), "{testing:", "{tests:"))
	r := compare(t, with, without)
	if f := findings(r, "section-gone"); len(f) != 1 || f[0].Approver != "@finance" || r.Verdict.Status != report.Warn {
		t.Errorf("%s", texts(r))
	}
	if c := checkOf(t, r, "section/CLAUDE.md#tests/per_call/tokens"); c.From != "head" || c.Status != report.Pass {
		t.Errorf("%+v", c)
	}
	r = compare(t, tree, tree.edit("CLAUDE.md", sectioned("growth: {tokens: 5%}", 0)))
	if r.Verdict.Status != report.Pass || !strings.Contains(texts(r), "base does not send it") {
		t.Errorf("%s", texts(r))
	}
}
