package token

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/source"
)

func sampleCalibration() *Calibration {
	window := func(day int) time.Time { return time.Date(2026, 10, day, 12, 0, 0, 0, time.UTC) }
	return (&Calibration{}).With("claude-4.7", Calibrated{
		Factors: map[Class]ClassFactor{Prose: {1.61239, .03127, 214}, Code: {1.5, .0523, 40}},
		Kept:    map[Class]string{JSON: "3 requests carry it, and 20 are needed"},
		Frame:   Frame{Call: 11.25, Message: 4, Tools: 340}, Samples: 240, Outliers: 2,
		Spread: Spread{.012, .0312, .4},
		Basis:  Basis{First: window(1), Last: window(28), Sources: []SourceSum{{"traffic/october.jsonl", strings.Repeat("0a", 32)}}},
	}).With("claude-3", Calibrated{
		Factors: map[Class]ClassFactor{Markdown: {1.2, .01, 20}}, Samples: 20,
		Basis: Basis{Sources: []SourceSum{{"CLAUDE.md", strings.Repeat("ff", 32)}}},
	})
}

const written = `{
  "version": 1,
  "digest": "DIGEST",
  "families": {
    "claude-3": {
      "factors": {
        "markdown": {
          "factor": 1.2,
          "relative_error": 0.01,
          "samples": 20
        }
      },
      "frame": {
        "call": 0,
        "message": 0,
        "tool": 0,
        "tools": 0
      },
      "samples": 20,
      "outliers": 0,
      "leave_one_out": {
        "median": 0,
        "p90": 0,
        "worst": 0
      },
      "sources": [
        {
          "name": "CLAUDE.md",
          "sha256": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        }
      ]
    },
    "claude-4.7": {
      "factors": {
        "code": {
          "factor": 1.5,
          "relative_error": 0.0523,
          "samples": 40
        },
        "prose": {
          "factor": 1.6124,
          "relative_error": 0.0313,
          "samples": 214
        }
      },
      "kept": {
        "json": "3 requests carry it, and 20 are needed"
      },
      "frame": {
        "call": 11.25,
        "message": 4,
        "tool": 0,
        "tools": 340
      },
      "samples": 240,
      "outliers": 2,
      "leave_one_out": {
        "median": 0.012,
        "p90": 0.0312,
        "worst": 0.4
      },
      "window": {
        "first": "2026-10-01T12:00:00Z",
        "last": "2026-10-28T12:00:00Z"
      },
      "sources": [
        {
          "name": "traffic/october.jsonl",
          "sha256": "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
        }
      ]
    }
  }
}
`

func TestCalibrationWrites(t *testing.T) {
	c := sampleCalibration()
	out, err := c.Write()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(written, "DIGEST", c.Digest(), 1), string(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(c.Digest(), "sha256:") || len(c.Digest()) != 71 {
		t.Errorf("digest %q", c.Digest())
	}
}

func TestCalibrationReadsBack(t *testing.T) {
	out, err := sampleCalibration().Write()
	if err != nil {
		t.Fatal(err)
	}
	c, diags := ReadCalibration(out, "c.json")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	again, err := c.Write()
	if err != nil || string(again) != string(out) {
		t.Errorf("%v\n%s", err, cmp.Diff(string(out), string(again)))
	}
	if diff := cmp.Diff([]string{"claude-3", "claude-4.7"}, c.Families()); diff != "" {
		t.Error(diff)
	}
	if ratio, width, n, ok := c.factor("claude-4.7", Prose); ratio != 1.6124 || width != .0313 || n != 214 || !ok {
		t.Errorf("%v ± %v of %d, %v", ratio, width, n, ok)
	}
	for family, class := range map[string]Class{"claude-4.7": JSON, "claude-3": Prose, "gemini": Markdown} {
		if _, _, _, ok := c.factor(family, class); ok {
			t.Errorf("%s %s has a factor", family, class)
		}
	}
	// Formatting is the user's: the digest is over the values.
	compact := strings.Join(strings.Fields(strings.ReplaceAll(string(out), "3 requests carry it, and 20 are needed", "#")), "")
	compact = strings.Replace(compact, "#", "3 requests carry it, and 20 are needed", 1)
	if d, diags := ReadCalibration([]byte(compact), "c.json"); len(diags) > 0 || d.Digest() != c.Digest() {
		t.Error(diags)
	}
}

func TestCalibrationNil(t *testing.T) {
	var c *Calibration
	if _, _, _, ok := c.factor("claude-3", Prose); ok || c.Digest() != "" || len(c.Families()) != 0 {
		t.Error("a nil calibration holds something")
	}
	if d := c.With("claude-3", Calibrated{}); len(d.Families()) != 1 {
		t.Errorf("%v", d.Families())
	}
	c = sampleCalibration()
	before := c.Digest()
	c.With("gemini", Calibrated{})
	if c.Digest() != before {
		t.Error("With changed its receiver")
	}
}

func TestCalibrationReadsStrictly(t *testing.T) {
	out, err := sampleCalibration().Write()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ from, to, want string }{
		{`"factor": 1.6124`, `"factor": 1.5124`, `c.json:3:13: the values do not match the digest: the file was changed after it was made [calibration-digest]`},
		{`"name": "CLAUDE.md"`, `"name": "AGENTS.md"`, `c.json:3:13: the values do not match the digest: the file was changed after it was made [calibration-digest]`},
		{`"relative_error": 0.0313`, `"relative_error": 0.001`, `c.json:42:29: relative_error is 0.001, which is not between 0.01 and 0.5 [calibration-value]`},
		{`"factor": 1.6124`, `"factor": 5`, `c.json:41:21: factor is 5, which is not between 0.5 and 4 [calibration-value]`},
		{`"factor": 1.6124`, `"factor": "1.6124"`, `c.json:41:28: families.factors.factor is a string, which does not belong there [bad-value]`},
		{`"factor": 1.6124`, `"factor": null`, `c.json:41:21: expected a single value, found nothing [bad-value]`},
		{`"factor": 1.6124`, `"faktor": 1.6124`, `c.json:41:11: unknown key "faktor" [unknown-key]`},
		{`"samples": 214`, `"samples": 2`, `c.json:43:22: samples is 2, fewer than 20 or absurdly many [calibration-value]`},
		{`"samples": 214`, `"samples": 21.5`, `c.json:43:25: families.factors.samples is a number 21.5, which does not belong there [bad-value]`},
		{`"samples": 214`, `"samples": 214, "samples": 214`, `c.json:43:27: key "samples" stands twice; the first is on line 43 [duplicate-key]`},
		{`"prose":`, `"verse":`, `c.json:40:9: class "verse" is not known [calibration-value]`},
		{`"claude-4.7":`, `"claude-9":`, `c.json:33:5: tokenizer family "claude-9" is not known [calibration-value]`},
		{`"claude-4.7":`, `"o200k_base":`, `c.json:33:5: o200k_base is counted exactly and has no factors [calibration-value]`},
		{`"version": 1`, `"version": 2`, `c.json:2:14: version 2 is not known; this program reads 1 [calibration-version]`},
		{`"version": 1,`, ``, `c.json:1:1: the calibration has no version [calibration-version]`},
		{`"digest": "` + sampleCalibration().Digest() + `",`, ``, `c.json:1:1: the calibration has no digest [calibration-digest]`},
		{`"call": 11.25,`, ``, `c.json:33:5: frame.call is missing [calibration-value]`},
		{`"call": 11.25,`, `"call": -1,`, `c.json:50:17: frame.call is -1, which is not between 0 and 2.147483647e+09 [calibration-value]`},
		{`2026-10-28T12:00:00Z`, `yesterday`, `c.json:64:17: a time of the window is not written as 2026-11-22T12:00:00Z [calibration-value]`},
		{`0a0a0a`, `0a`, `c.json:68:19: a source needs a name and a SHA-256 of 64 hex digits [calibration-value]`},
		{"\n}\n", "\n", `c.json:73:4: not valid JSON: unexpected end of JSON input [yaml-syntax]`},
		{`"version": 1`, `version: 1`, `c.json:2:3: not valid JSON: invalid character 'v' looking for beginning of object key string [yaml-syntax]`},
	}
	for _, c := range cases {
		edited := strings.Replace(string(out), c.from, c.to, 1)
		if edited == string(out) {
			t.Fatalf("%q is not in the file", c.from)
		}
		got, diags := ReadCalibration([]byte(edited), "c.json")
		if len(diags) == 0 || got != nil {
			t.Errorf("%s → %s: read", c.from, c.to)
			continue
		}
		if !slices.ContainsFunc(diags, func(d source.Diagnostic) bool { return d.String() == c.want }) {
			t.Errorf("%s → %s: %v, want %s", c.from, c.to, diags, c.want)
		}
		for _, d := range diags {
			if d.Hint != "run tokengate calibrate again" || d.Severity != source.Error {
				t.Errorf("%+v", d)
			}
		}
	}
	for _, empty := range []string{"", "{}", "[]", "null", `{"version":1,"families":{}}`} {
		if c, diags := ReadCalibration([]byte(empty), "c.json"); c != nil || !diags.HasErrors() {
			t.Errorf("%q was read", empty)
		}
	}
}

// A digit beyond what is written is not in force: the digest does not cover it.
func TestCalibrationPrecision(t *testing.T) {
	out, _ := sampleCalibration().Write()
	c, diags := ReadCalibration([]byte(strings.Replace(string(out), "1.6124", "1.61239999", 1)), "c.json")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if ratio, _, _, _ := c.factor("claude-4.7", Prose); ratio != 1.6124 {
		t.Errorf("factor %v", ratio)
	}
}

// A fit's own factors survive the file to its precision.
func TestCalibrationKeepsFit(t *testing.T) {
	p := plan{family: "claude-4.7", seed: 2, n: 120, factors: everyClass, noise: .03, tools: true}
	f := fitted(t, p.family, p.samples())
	f.Basis.Sources = []SourceSum{{"a", strings.Repeat("00", 32)}}
	out, err := (&Calibration{}).With(p.family, f.Calibrated).Write()
	if err != nil {
		t.Fatal(err)
	}
	c, diags := ReadCalibration(out, "c.json")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if len(f.Factors) < 5 {
		t.Errorf("kept %v", f.Kept)
	}
	for class, want := range f.Factors {
		if ratio, width, _, ok := c.factor(p.family, class); !ok || math.Abs(ratio-want.Ratio) > 1e-4 || math.Abs(width-want.RelativeError) > 1e-4 {
			t.Errorf("%s: %v ± %v, fitted %+v", class, ratio, width, want)
		}
	}
}

// What is read, whatever it is, writes what reads the same; what is refused says where.
func FuzzReadCalibration(f *testing.F) {
	out, err := sampleCalibration().Write()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out)
	for _, s := range []string{"", "{}", `{"version":1,"digest":"sha256:","families":{"claude-3":null}}`, `{"families":{"claude-3":{"factors":{"prose":{"factor":1e999}}}}}`,
		strings.ReplaceAll(string(out), "1.5", "NaN"), strings.ReplaceAll(string(out), "\n", "\r\n\t"), fmt.Sprintf(`{"version":%s}`, strings.Repeat("[", 300))} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, diags := ReadCalibration(content, "f.json")
		if (c == nil) != diags.HasErrors() {
			t.Fatalf("%v with %v", c, diags)
		}
		for _, d := range diags {
			if d.Span.File != "f.json" || d.Hint == "" || d.Rule == "" {
				t.Fatalf("%+v", d)
			}
		}
		if c == nil {
			return
		}
		again, err := c.Write()
		if err != nil {
			t.Fatal(err)
		}
		if d, diags := ReadCalibration(again, "f.json"); len(diags) > 0 || d.Digest() != c.Digest() {
			t.Fatalf("%v of\n%s", diags, again)
		}
	})
}
