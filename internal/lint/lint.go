// Package lint owns the rules for what templates, budgets and fixtures look like: text that costs and need not, budgets
// that are missing or contradict each other, models that end, and what the loaders found. It holds findings back where a
// suppression with a reason says so, and knows which findings can be mended without a doubt.
//
// A rule lives in a file of its own and the list of rules is a literal slice. Money comes from a report that was measured
// from recorded traffic; without one, findings carry tokens alone and the document says so. Loading the project, opening
// files and writing them is left to others.
//
//	doc, edits := lint.Run(lint.Input{Now: now, Files: files, Policy: policy, Loaded: diags})
package lint

import (
	"io/fs"
	"time"

	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/pricing"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
	"github.com/tokengate/tokengate/internal/token"
)

// Input is everything that lint depends on. Equal inputs give equal documents.
type Input struct {
	Now      time.Time
	Version  string // of the program, for the document
	Files    fs.FS  // the project at head
	Base     fs.FS  // the project as it was approved last; nil without one
	Policy   config.Policy
	Settings config.Lint                 // in force: base's where there is a base that declares anything
	Loaded   source.Diagnostics          // what loading head said
	Known    []source.Rule               // what explains rules of Loaded that no package below has
	Before   map[string]*prompt.Template // base's templates by path
	Fixtures []prompt.Fixture
	Catalog  *pricing.Catalog
	Count    func(model string) *token.Counter
	Model    func(*prompt.Template) string // the model that a template declares; "" where it declares none
	Measured *report.Report                // from recorded traffic; nil without any
	Only     []string                      // paths of files and folders that findings are wanted of; none is all
	Notes    []string                      // what the figures rest on, one sentence each

	HeadRevision report.Revision
	BaseRevision *report.Revision
}

// Run applies every rule that is not switched off. The edits mend findings of the document that are marked fixable; they
// are in no finding that is held back.
func Run(in Input) (*report.Lint, []Edit) {
	p := newProject(in)
	var found []Finding
	for _, r := range Rules {
		if l, set := p.level(r.ID); r.check != nil && !(set && l.Off) {
			found = append(found, p.graded(r, r.check(p))...)
		}
	}
	found = append(found, p.lifted()...)
	shown, held, edits := p.sift(found)
	return p.document(shown, held), edits
}

// level is the severity that the settings give a rule.
func (p *project) level(rule string) (config.Level, bool) {
	l, ok := p.Settings.Rules.Get(rule)
	return l.Value, ok
}

// graded gives findings their rule and its severity; one that is milder than its rule stays so.
func (p *project) graded(r Rule, list []Finding) []Finding {
	l, set := p.level(r.ID)
	for i := range list {
		f := &list[i]
		f.Rule = r.ID
		if f.mild == nil {
			f.Severity = r.Severity
		} else {
			f.Severity = *f.mild
		}
		if set {
			f.Severity = l.Severity
		}
		for j := range f.Edits {
			f.Edits[j].Rule = r.ID
		}
	}
	return list
}
