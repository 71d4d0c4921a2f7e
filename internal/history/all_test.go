package history

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A file may hold one series or several; they come by name, each complete in itself.
func TestParseAll(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, in string
		want     []Named
	}{
		{"one", "date,value\n2026-11-01,1\n2026-11-02,2.5\n", []Named{{"", Series{From: day(1), Origin: day(2), Values: []float64{1, 2.5}}}}},
		{"without a heading", "2026-11-01,1\n", []Named{{"", Series{From: day(1), Origin: day(1), Values: []float64{1}}}}},
		{"several, out of order", "value,series,date\n2,b,2026-11-02\n5,a,2026-11-01\n1,b,2026-11-01\n",
			[]Named{{"a", Series{From: day(1), Origin: day(1), Values: []float64{5}}}, {"b", Series{From: day(1), Origin: day(2), Values: []float64{1, 2}}}}},
	} {
		got, diags := ParseAll("s.csv", []byte(c.in), Options{})
		if len(diags) > 0 {
			t.Errorf("%s: %v", c.name, diags)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseAllRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"series,date,value\n", "s.csv: the file has no rows"},
		{"series,date,value\na,2026-11-01,1\nb,2026-11-02,2\na,2026-11-03,1\n", `s.csv: 1 day of "a" without a row: 2026-11-02`},
		{"series,date,value\na,2026-11-01,1\nb,2026-11-01,2\na,2026-11-01,1\n", `s.csv:4:3: 2026-11-01 of "a" stands twice, first at line 2`},
		{"series,date,value\na,2026-11-01,-1\n", `s.csv:2:14: "-1" is negative`},
	} {
		got, diags := ParseAll("s.csv", []byte(c.in), Options{})
		if got != nil || len(diags) != 1 || !strings.HasPrefix(diags[0].String(), c.want) {
			t.Errorf("%q: %v, %v\nwant %s", c.in, got, diags, c.want)
		}
	}
	for in, want := range map[string]string{
		"series,date,value\na,2026-11-01,1\nb,2026-11-02,1\n": `s.csv: the file holds 2 series, "a" and "b" among them`,
		"date,value,date\n2026-11-01,1,2026-11-01\n":          "s.csv:1:12: the column date stands twice",
		"date,series\n2026-11-01,1\n":                         "s.csv:1:1: no columns date and value",
	} {
		if _, diags := Parse("s.csv", []byte(in), Options{}); len(diags) != 1 || !strings.HasPrefix(diags[0].String(), want) {
			t.Errorf("%q: %v\nwant %s", in, diags, want)
		}
	}
	filled, diags := ParseAll("s.csv", []byte("series,date,value\na,2026-11-01,1\na,2026-11-03,1\n"), Options{Gaps: GapsZero})
	if len(filled) != 1 || !cmp.Equal(filled[0].Values, []float64{1, 0, 1}) || diags.HasErrors() || len(diags) != 1 {
		t.Errorf("%v, %v", filled, diags)
	}
}

// What is read of a file of one series is what Parse reads of it, and names come in order.
func FuzzParseAll(f *testing.F) {
	f.Add([]byte("date,value\n2026-11-01,1\n2026-11-02,2\n"))
	f.Add([]byte("series,date,value\n\"a\nb\",2026-11-01,0\nc,9999-12-31,1e300\n"))
	f.Add([]byte("\ufeffvalue,date\r\n1,0001-01-01\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		all, diags := ParseAll("s.csv", in, Options{})
		if (len(all) > 0) == diags.HasErrors() {
			t.Fatalf("%d series, %v", len(all), diags)
		}
		for i, s := range all {
			if len(s.Values) == 0 || i > 0 && s.Name <= all[i-1].Name {
				t.Errorf("series %d, %q, has %d days", i, s.Name, len(s.Values))
			}
		}
		if len(all) == 1 && all[0].Name == "" {
			if one, _ := Parse("s.csv", in, Options{}); !cmp.Equal(one, all[0].Series) {
				t.Errorf("Parse reads %v, ParseAll %v", one, all[0].Series)
			}
		}
	})
}
