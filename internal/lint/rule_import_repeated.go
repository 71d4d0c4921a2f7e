package lint

import (
	"io/fs"
	"path"
	"strings"

	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

var importRepeated = Rule{Rule: source.Rule{
	ID:      "import-repeated",
	Summary: "an @import stands twice in one file",
	Explain: `The tool loads the file once, so the second line only costs its own tokens and misleads the reader. --fix takes the second
line out where nothing else stands in it.`,
}, Severity: source.Info, Fixable: true, check: (*project).importsRepeated}

func (p *project) importsRepeated() []Finding {
	var out []Finding
	for _, x := range p.texts {
		for _, r := range x.RepeatedImports() {
			name := path.Join(path.Dir(x.Path), r.Target)
			if info, err := fs.Stat(p.Files, name); err != nil || info.IsDir() {
				continue // a mention of somebody, or an import that is reported as missing
			}
			f := at(r.Again, "keep one of the two", "@%s stands twice; it is loaded once", r.Target)
			f.Related = []report.LintRelated{{Place: r.First, Message: "the first of the two"}}
			line, _ := source.Line(p.content(x.Path), r.Again.Start.Line)
			if strings.TrimSpace(string(line)) == "@"+r.Target {
				f.Edits = []Edit{p.removeLine(r.Again, "took the second @"+r.Target+" out")}
			}
			out = append(out, f)
		}
	}
	return out
}
