package prompt

import (
	"strings"
	"testing"

	"github.com/tokengate/tokengate/internal/request"
)

// A fixture of a template that is rendered keeps the types of its variables, and is held with the frame of its messages.
func TestFixtureRendered(t *testing.T) {
	fsys := files("a.prompty", "---\nname: a\n---\nsystem:\nBe brief.\nuser:\n{% for q in questions %}{{ q.text }} {{ q.n + 1 }}{% endfor %}\n",
		"f.yaml", "template: a.prompty\nvars: {questions: [{text: one, n: 1}]}\nexpect:\n  max_tokens: 8\n  messages: 3\n  contains: [\"one 2\"]\n")
	list, diags := LoadFixtures(fsys, "f.yaml")
	if len(list) != 1 || len(diags) > 0 {
		t.Fatal(diags)
	}
	tmpl, _ := Load(fsys, "a.prompty", Options{Vars: list[0].Data()})
	words := func(s string, body request.Body) int64 { return int64(len(strings.Fields(s)) + 3*len(body.Messages)) }
	want := "f.yaml:4:15: a.prompty renders to 9 tokens, over the 8 expected\nf.yaml:5:13: a.prompty renders to 2 messages, not the 3 expected"
	var got []string
	for _, d := range list[0].Check(tmpl, Meter{Tokens: words}) {
		got = append(got, d.Span.String()+": "+d.Summary)
	}
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
