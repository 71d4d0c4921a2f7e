package token

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	cases := []struct {
		name, text string
		want       Class
	}{
		{"empty", "", Other},
		{"blank", " \n\t", Other},
		{"one word", "Hello", Prose},
		{"prose", "The gate refuses a build that would spend more than its budget. It says why, and what to do about it.", Prose},
		{"german", "Die Prüfung verweigert einen Bau, der mehr ausgeben würde als vorgesehen. Sie sagt auch, warum das so ist.", Prose},
		{"generated prose", sample("prose", 4000), Prose},
		{"claude.md", "# Project\n\n- Run `make test` before you push.\n- Use tabs.\n\n## Style\n\nKeep functions short.\n", Markdown},
		{"numbered", "Do this:\n1. Read the question.\n2. Answer it.\n3. Cite the source.\n", Markdown},
		{"go", "func add(a, b int) int {\n\treturn a + b\n}\n", Code},
		{"python", "def total(rows):\n    return sum(r['cost'] for r in rows)\n\nclass Gate:\n    def __init__(self):\n        self.rows = []\n", Code},
		{"sql", "SELECT id, name FROM users WHERE (age > 30) AND name LIKE '%x%';\nDELETE FROM t WHERE id = 3;\n", Code},
		{"generated code", sample("code", 4000), Code},
		{"one line of script", "const total = rows.filter(r => r.cost > 0).map(r => r.cost)", Code},
		{"shell", "export PATH=$PATH:$HOME/bin\nfor f in *.go; do echo $f && go vet $f; done\nls | wc\n", Code},
		{"json object", `{"id": 1, "name": "gate", "tags": ["a", "b"]}`, JSON},
		{"json lines", sample("json", 4000), JSON},
		{"japanese", "予算を超える変更は止めます。", CJK},
		{"russian", "Бюджет проверяется до слияния.", CJK},
		{"mostly japanese", "この function は budget を確認します。", CJK},
		{"hex", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Other},
		{"base64", strings.Repeat("QWxhZGRpbjpvcGVuIHNlc2FtZQ", 20), Other},
		{"numbers", "12 443 9931 203 18 77 120 4431 2 9 19", Other},
		{"markdown link list", "* [one](https://example.com/one)\n* [two](https://example.com/two)\n* see the other page for more words here\n", Markdown},
	}
	for _, c := range cases {
		if got := Classify(c.text); got != c.want {
			t.Errorf("%s: %s, want %s (%+v)", c.name, got, c.want, survey(c.text))
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("{")
	f.Add("\xff\n#")
	f.Fuzz(func(t *testing.T, s string) {
		class := Classify(s)
		if class != Classify(s) || class == Other && class.i() != atOther || class != Other && class.i() == atOther {
			t.Errorf("class %q", class)
		}
	})
}
