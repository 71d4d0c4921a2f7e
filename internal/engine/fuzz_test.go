package engine

import (
	"testing"
	"testing/fstest"
)

// FuzzRender renders anything in every language: it must end, and twice the same.
func FuzzRender(f *testing.F) {
	for lang, set := range renderings(f) {
		for _, c := range set.Cases {
			f.Add(string(lang), c.Template, "x")
		}
	}
	f.Add("dotprompt", `{{role "x"}}{{json this}}{{#ifEquals a b}}{{/ifEquals}}{{media url=a}}`, "{{> p}}")
	f.Fuzz(func(t *testing.T, lang, text, partial string) {
		files := fstest.MapFS{"a/p": {Data: []byte(partial)}, "a/p.x": {Data: []byte(partial)}}
		vars := map[string]any{"name": "Ada", "items": []any{1, "b", nil, 2.5}, "d": map[string]any{"a": text}, "a": 1}
		for _, lenient := range []bool{false, true} {
			opts := Options{Files: files, MaxSteps: 20000, MaxBytes: 1 << 16, TrimBlocks: lenient, LstripBlocks: lenient, Lenient: lenient}
			out, err := Trace(Language(lang), "a/t.x", text, vars, opts)
			checkOutput(t, text, out, err)
			if again, _ := Trace(Language(lang), "a/t.x", text, vars, opts); again.Text != out.Text {
				t.Errorf("%q renders to %q and %q", text, out.Text, again.Text)
			}
		}
	})
}
