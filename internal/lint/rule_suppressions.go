package lint

import "github.com/tokengate/tokengate/internal/source"

// The rules about suppressions are reported while these are read. They cannot be suppressed, nor switched off.

var suppressionWithoutReason = Rule{Rule: source.Rule{
	ID:      "suppression-without-reason",
	Summary: "a suppression names no rule or gives no reason",
	Explain: `A suppression is written "tokengate-ignore RULE: reason": as an HTML comment on lines of its own before the section or
block that it is about, or, before all other text, for the whole file; in YAML as a # comment. Without a reason nobody can
tell later whether it still holds, so it suppresses nothing.`,
}, Severity: source.Error}

var suppressionUnknownRule = Rule{Rule: source.Rule{
	ID:      "suppression-unknown-rule",
	Summary: "a suppression or a severity names a rule that does not exist",
	Explain: "A misspelt id holds nothing back and changes no severity. The hint names the nearest rule; tokengate explain lists them all.",
}, Severity: source.Error}

var suppressionInline = Rule{Rule: source.Rule{
	ID:      "suppression-inline",
	Summary: "a suppression stands inside a line of text",
	Explain: `Claude Code takes an HTML comment out before it sends a file only where the comment begins a block. Inside a line of text
it is sent and billed, and it is not clear what it stands before, so it holds nothing back.`,
}, Severity: source.Warning}

var suppressionRefused = Rule{Rule: source.Rule{
	ID:      "suppression-refused",
	Summary: "a suppression or a severity is about a rule that cannot be suppressed",
	Explain: "The rules that watch over suppressions hold always: otherwise a suppression could hide itself.",
}, Severity: source.Error}

var suppressionExpired = Rule{Rule: source.Rule{
	ID:      "suppression-expired",
	Summary: "an entry of lint.ignore has expired",
	Explain: "expires is the last day on which an entry holds. From the next day on, in UTC, its findings are shown again.",
}, Severity: source.Warning}

var suppressionUnused = Rule{Rule: source.Rule{
	ID:      "suppression-unused",
	Summary: "a suppression holds nothing back",
	Explain: `What it was written for is gone, or it stands in the wrong place. Left behind, it would hide the next finding of that
rule. A suppression of a rule that is off, or that needs a base where there is none, is not called unused.`,
}, Severity: source.Warning}

var settingsChanged = Rule{Rule: source.Rule{
	ID:      "lint-settings-changed",
	Summary: "the change edits the settings of lint",
	Explain: `Severities and entries under lint: in tokengate.yaml come from the base revision, like every policy: a change must not
silence what it is held against. The edit is named, and holds once it is merged. Comments beside the text hold at once; each is
counted in every output.`,
}, Severity: source.Warning, check: (*project).settingsEdited}

// settingsEdited compares what head declares with what is in force.
func (p *project) settingsEdited() []Finding {
	if p.Base == nil {
		return nil
	}
	var out []Finding
	for _, e := range p.Policy.Lint.Edits(p.Settings) {
		out = append(out, at(e.Span, "it holds once it is merged", "this change edits %s (%s)", e.Name, e.Value))
	}
	return out
}
