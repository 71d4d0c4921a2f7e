package history

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestParse(t *testing.T) {
	two := []float64{10, 20.5}
	for _, c := range []struct {
		name, csv string
		o         Options
		want      Series
	}{
		{"heading", "date,value\n2026-11-01,10\n2026-11-02,20.5\n", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"no heading", "2026-11-01,10\n2026-11-02,20.5", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"any order", "date,value\n2026-11-02,20.5\n2026-11-01,10\n", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"mark, line ends, quotes, blanks", "\ufeff\"Date\", Value \r\n\"2026-11-01\", \"10\"\r\n\r\n2026-11-02 ,2.05e1\r\n", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"the other of two columns", "cost_usd,date\n10,2026-11-01\n20.5,2026-11-02\n", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"columns by name", "series,value,date\na,10,2026-11-01\na,20.5,2026-11-02\n", Options{}, Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two}},
		{"later rows are not looked at", "2026-11-01,10\n2026-11-02,20.5\n2026-11-03,\n2026-11-04,7\n", Options{Origin: date("2026-11-02")},
			Series{From: date("2026-11-01"), Origin: date("2026-11-02"), Values: two, Later: 2}},
		{"gaps are zero", "2026-11-01,10\n2026-11-04,20.5\n", Options{Gaps: GapsZero, Origin: date("2026-11-05")},
			Series{From: date("2026-11-01"), Origin: date("2026-11-05"), Values: []float64{10, 0, 0, 20.5, 0},
				Gaps: []Span{{date("2026-11-02"), date("2026-11-03")}, {date("2026-11-05"), date("2026-11-05")}}}},
		{"gaps are missing", "2026-11-01,10\n2026-11-04,20.5\n", Options{Gaps: GapsMissing, Origin: date("2026-11-05")},
			Series{From: date("2026-11-01"), Origin: date("2026-11-05"), Values: two,
				Gaps: []Span{{date("2026-11-02"), date("2026-11-03")}, {date("2026-11-05"), date("2026-11-05")}}}},
		{"before the epoch", "1969-12-31,1\n1970-01-01,2\n", Options{}, Series{From: date("1969-12-31"), Origin: date("1970-01-01"), Values: []float64{1, 2}}},
	} {
		got, diags := Parse("h.csv", []byte(c.csv), c.o)
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.name, diags)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What is filled, left out or not used is said, and what cannot be used has its place.
func TestParseSays(t *testing.T) {
	for _, c := range []struct {
		csv  string
		o    Options
		want []string
	}{
		{"", Options{}, []string{"h.csv: the file has no rows [history-csv]"}},
		{"date,value\n2026-11-03,1\n", Options{Origin: date("2026-11-02")}, []string{"h.csv: no row up to the origin of 2026-11-02 [history-origin]"}},
		{"date,value\n", Options{}, []string{"h.csv: the file has no rows [history-csv]"}},
		{"day,tokens\n2026-11-01,1\n", Options{}, []string{"h.csv:1:1: no columns date and value in the first line [history-csv]"}},
		{"date,a,b\n", Options{}, []string{"h.csv:1:1: no columns date and value in the first line [history-csv]"}},
		{"date;value\n", Options{}, []string{"h.csv:1:1: no columns date and value in the first line [history-csv]"}},
		{"2026-11-01,1\n2026-11-02\n2026-11-03,3,3\n", Options{}, []string{
			"h.csv:2:1: 1 columns, where the first line has 2 [history-csv]", "h.csv:3:1: 3 columns, where the first line has 2 [history-csv]"}},
		{"2026-11-01,1\n2026-11-31,1\n02.11.2026,1\n", Options{}, []string{
			`h.csv:2:1: "2026-11-31" is not a day [history-date]`, `h.csv:3:1: "02.11.2026" is not a day [history-date]`}},
		{"2026-11-01,NaN\n2026-11-02,-1\n2026-11-03,\n2026-11-04,\"1,234\"\n2026-11-05,1e400\n2026-11-06,1e101\n2026-11-07,0x10\n2026-11-08,1.2.3\n2026-11-09,$5\n", Options{}, []string{
			`h.csv:1:12: "NaN" is not a plain number [history-value]`, `h.csv:2:12: "-1" is negative [history-value]`, `h.csv:3:12: "" is not an amount [history-value]`,
			`h.csv:4:12: "1,234" is not a plain number [history-value]`, `h.csv:5:12: "1e400" is too large [history-value]`, `h.csv:6:12: "1e101" is too large [history-value]`,
			`h.csv:7:12: "0x10" is not a plain number [history-value]`, `h.csv:8:12: "1.2.3" is not a plain number [history-value]`, `h.csv:9:12: "$5" is not a plain number [history-value]`}},
		{"note,date,value\né—,2026-11-01,x\n", Options{}, []string{`h.csv:2:15: "x" is not a plain number [history-value]`}},
		{"2026-11-01,1\n2026-11-01,1\n", Options{}, []string{"h.csv:2:1: 2026-11-01 stands twice, first at line 1 [history-date]"}},
		{"2026-11-01,1\n2026-11-02,\"1\n", Options{}, []string{`h.csv:2:14: extraneous or missing " in quoted-field [history-csv]`}},
		{"2026-11-01,1\n2026-11-04,1\n2026-11-06,1\n", Options{}, []string{"h.csv: 3 days without a row: 2026-11-02 to 2026-11-03, 2026-11-05 [history-gap]"}},
		{"2026-11-01,1\n", Options{Origin: date("2026-11-02")}, []string{"h.csv: 1 day without a row: 2026-11-02 [history-gap]"}},
		{"2026-11-01,1\n", Options{Origin: date("2026-11-02"), Gaps: GapsZero}, []string{"h.csv: 1 day without a row: 2026-11-02; nothing was spent then, as --gaps zero says [history-gap]"}},
		{"2026-11-01,1\n", Options{Origin: date("2026-11-02"), Gaps: GapsMissing}, []string{"h.csv: 1 day without a row: 2026-11-02; left out, as --gaps missing says [history-gap]"}},
		{"2026-11-01,1\n2026-11-02,1\n", Options{Origin: date("2026-11-01")}, []string{"h.csv: 1 row is not used, being after the origin of 2026-11-01 [history-origin]"}},
	} {
		s, diags := Parse("h.csv", []byte(c.csv), c.o)
		var got []string
		for _, d := range diags {
			got = append(got, d.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.csv, diff)
		}
		if diags.HasErrors() && s.Values != nil {
			t.Errorf("%q: a series beside errors", c.csv)
		}
	}
}

// A file that is something else altogether does not flood a terminal, and a long one is read in good time.
func TestParseBounds(t *testing.T) {
	_, diags := Parse("h.csv", []byte("date,value\n"+strings.Repeat("x,y\n", 1000)), Options{})
	if len(diags) != most+1 {
		t.Errorf("%d diagnostics", len(diags))
	}
	var b strings.Builder
	for d := date("1900-01-01"); d.Year() < 2100; d = d.AddDate(0, 0, 1) {
		fmt.Fprintf(&b, "%s,1\n", d.Format(time.DateOnly))
	}
	s, diags := Parse("h.csv", []byte(b.String()), Options{})
	if diags != nil || len(s.Values) != 73_049 { // 200 years, 49 of them leap years; 1900 and 2100 are none
		t.Errorf("%d days, %v", len(s.Values), diags)
	}
}

// FuzzHistory wants of any bytes a complete series or an error: finite amounts that are not negative, one a day from the
// first day to the origin, and the same again for what was read.
func FuzzHistory(f *testing.F) {
	for _, s := range []string{"date,value\n2026-11-01,10\n2026-11-02,20.5\n", "\ufeff\"date\",\"value\"\r\n\"2026-11-01\",\"0\"\r\n", "2026-11-04,1\n2026-11-01,2e3\n", "date;value\n", "a,\"b\n", "0001-01-01,1\n", "2026-11-01,-0\n"} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, gaps uint8) {
		o := Options{Gaps: Gaps[int(gaps)%len(Gaps)]}
		s, diags := Parse("h.csv", b, o)
		for _, d := range diags {
			if d.Rule == "" || d.Summary == "" || d.Span.File != "h.csv" {
				t.Errorf("diagnostic without rule, text or place: %+v", d)
			}
		}
		if diags.HasErrors() {
			return
		}
		days := Span{s.From, s.Origin}.Days()
		for _, g := range s.Gaps {
			if o.Gaps == GapsMissing {
				days -= g.Days()
			}
		}
		if len(s.Values) != days || days < 1 || o.Gaps == GapsError && s.Gaps != nil {
			t.Fatalf("%d values for %v to %v, gaps %v", len(s.Values), s.From, s.Origin, s.Gaps)
		}
		var again strings.Builder
		for i, v := range s.Values {
			if !(v >= 0) || v > largest || math.Signbit(v) {
				t.Fatalf("day %d is %g", i, v)
			}
			fmt.Fprintf(&again, "%s,%g\n", s.From.AddDate(0, 0, i).Format(time.DateOnly), v)
		}
		if len(s.Values) > 10_000 || o.Gaps == GapsMissing && s.Gaps != nil {
			return
		}
		if got, diags := Parse("h.csv", []byte(again.String()), Options{}); diags != nil || !cmp.Equal(s.Values, got.Values) {
			t.Fatalf("read again: %v", diags)
		}
	})
}
