package prompt

import (
	"testing"
)

func TestSampled(t *testing.T) {
	base := load(t, "a.j2", "a.j2", "Answer.\n{% if lang == 'fr' -%}\nIn French.\n{%- else -%}\nIn English, please, and briefly.\n{%- endif %}\n")
	s := Samples{Basis: "the mean of 3 fixtures", Vars: []map[string]any{{"lang": "fr"}, {"lang": "en"}, {"lang": "fr"}}}
	if got := base.Nearest(s); got != 0 { // 18, 40 and 18 bytes; their mean is 25
		t.Errorf("nearest is %d", got)
	}
	got, diags := base.Sampled(s)
	if len(diags) > 0 || len(got.Renderings) != 3 || got.Basis != s.Basis || got.Text() != "Answer.\nIn French." || got.Renderings[1].Text() != "Answer.\nIn English, please, and briefly." {
		t.Errorf("%v, %q", diags, got.Text())
	}
	s.Shown = 1
	next, _ := load(t, "a.j2", "a.j2", "Answer.\n{% if lang == 'fr' -%}\nIn plain French.\n{%- else -%}\nIn English, please, and briefly.\n{%- endif %}\n").Sampled(s)
	hunks, n := DiffRenderings(got, next)
	if n != 3 || len(hunks) != 2 || hunks[0].Span != hunks[1].Span || hunks[0].Span.Start.Line != 3 || hunks[0].New != "In plain French." {
		t.Errorf("%d renderings, %+v", n, hunks)
	}
}

// A set of variables that sends nothing is not shown where another sends something.
func TestSampledShowsText(t *testing.T) {
	got, _ := load(t, "a.j2", "a.j2", "{% if x %}text{% endif %}").Sampled(Samples{Vars: []map[string]any{{}, {"x": true}}})
	if got.Text() != "text" {
		t.Errorf("%q is shown", got.Text())
	}
}

// What is wrong with several sets is said once.
func TestSampledErrors(t *testing.T) {
	endless := load(t, "a.j2", "a.j2", "{% for i in range(n|default(1)) %}{{ i }}{% endfor %}")
	n := map[string]any{"n": int64(1e9)}
	_, diags := endless.Sampled(Samples{Vars: []map[string]any{n, {"n": int64(2)}, n}})
	if len(diags) != 1 || diags[0].Rule != "prompt-limit" {
		t.Errorf("%v", diags)
	}
}
