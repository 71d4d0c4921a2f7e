package replay

import (
	"testing"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/token"
)

// Sections of the rendering that is shown add up to the mean of all renderings.
func TestMeasureMean(t *testing.T) {
	c, err := token.Book{}.For("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	of := func(texts ...string) *prompt.Template {
		var f prompt.File
		for _, text := range texts {
			f.Sections = append(f.Sections, prompt.Section{Text: text})
		}
		return &prompt.Template{Files: []prompt.File{f}}
	}
	short, long := of(" a a", " a"), of(" a a a a", " a a a", " a") // 3 and 8 tokens: 5.5 on average
	shown := *long
	shown.Renderings = []*prompt.Template{short, long}
	m := Measure(&shown, c)
	if got := m.Sections[0]; m.Total.Tokens != 6 || got[0].Tokens != 3 || got[1].Tokens != 2 || got[2].Tokens != 1 {
		t.Errorf("total %d, sections %+v", m.Total.Tokens, got)
	}
}
