package cli

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/prompt"
)

// audit counts every section again with tiktoken-go, for the models whose tokenizer is public, and says that they agree.
// A difference is a defect of one of the two, so the command fails instead of printing a count.
func (d *countDocument) audit(t *prompt.Template, models []counting) error {
	for _, m := range models {
		if !m.counter.Exact() {
			d.note(m.asked + ": not audited, its tokenizer is not public")
			continue
		}
		texts := 0
		for _, f := range t.Files {
			for _, s := range f.Sections {
				n, err := m.counter.Reference(s.Text)
				if err != nil {
					return err
				}
				if own := m.counter.Count(s.Text).Tokens; own != n {
					return fmt.Errorf("%s:%d: %d tokens for %s, but tiktoken-go counts %d", f.Path, s.Span.Start.Line, own, m.asked, n)
				}
				texts++
			}
		}
		d.note(fmt.Sprintf("%s: %d texts counted again with tiktoken-go, which agrees on each", m.asked, texts))
	}
	return nil
}
