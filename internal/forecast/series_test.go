package forecast

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadSeries(t *testing.T) {
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, in string
		want     []Series
	}{
		{"one", "date,value\n2026-11-01,1\n2026-11-02,2.5\n", []Series{{"", first, []float64{1, 2.5}}}},
		{"several, out of order", "value,series,date\n2,b,2026-11-02\n5,a,2026-11-01\n1,b,2026-11-01\n", []Series{{"a", first, []float64{5}}, {"b", first, []float64{1, 2}}}},
		{"a spreadsheet's", "\ufeffDate,Value\r\n\"2026-11-01\",\"1e3\"\r\n", []Series{{"", first, []float64{1000}}}},
	} {
		got, diags := ReadSeries("s.csv", []byte(c.in))
		if len(diags) > 0 {
			t.Errorf("%s: %v", c.name, diags)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestReadSeriesRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "s.csv: the file is empty"},
		{"date,value\n", "s.csv: the file has no rows"},
		{"day,value\n2026-11-01,1\n", `s.csv:1: column 1 is named "day"`},
		{"date,value,date\n", "s.csv:1: the column date stands twice"},
		{"date,series\n", "s.csv:1: the header lacks date or value"},
		{"date,value\n1.11.2026,1\n", `s.csv:2:1: "1.11.2026" is not a day`},
		{"date,value\n2026-02-30,1\n", `s.csv:2:1: "2026-02-30" is not a day`},
		{"date,value\n2026-11-01,\n", `s.csv:2:12: "" is not an amount`},
		{"date,value\n2026-11-01,$5\n", `s.csv:2:12: "$5" is not an amount`},
		{"date,value\n2026-11-01,-5\n", `s.csv:2:12: "-5" is not an amount`},
		{"date,value\n2026-11-01,NaN\n", `s.csv:2:12: "NaN" is not an amount`},
		{"date,value\n2026-11-01,1e999\n", `s.csv:2:12: "1e999" is not an amount`},
		{"date,value\n2026-11-01\n", "s.csv:2:1: wrong number of fields"},
		{"date,value\n2026-11-01,\"1\n", `s.csv:2:15: extraneous or missing " in quoted-field`},
		{"date,value\n2026-11-01,1\n2026-11-01,2\n", "s.csv:3: 2026-11-01 stands on line 2 too"},
		{"date,value\n2026-11-01,1\n2026-11-04,2\n", "s.csv:3: 2026-11-02 has no row, and the days go on with 2026-11-04"},
		{"series,date,value\na,2026-11-01,1\nb,2026-11-02,2\na,2026-11-03,1\n", `s.csv:4: 2026-11-02 of "a" has no row`},
	} {
		got, diags := ReadSeries("s.csv", []byte(c.in))
		if got != nil || len(diags) != 1 || !strings.HasPrefix(diags[0].String(), c.want) {
			t.Errorf("%q: %v, %v\nwant %s", c.in, got, diags, c.want)
		}
	}
	if _, diags := ReadSeries("s.csv", []byte("date,value\n"+strings.Repeat("x,y\n", 1000))); len(diags) != maxProblems {
		t.Errorf("%d problems are named", len(diags))
	}
}

// What is read can be forecast from: every day once, and an amount each.
func FuzzReadSeries(f *testing.F) {
	f.Add([]byte("date,value\n2026-11-01,1\n2026-11-02,2\n"))
	f.Add([]byte("series,date,value\n\"a\nb\",2026-11-01,0\nc,9999-12-31,1e300\n"))
	f.Add([]byte("\ufeffvalue,date\r\n1,0001-01-01\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		series, diags := ReadSeries("s.csv", in)
		if (len(series) > 0) == (len(diags) > 0) {
			t.Fatalf("%d series and %d problems", len(series), len(diags))
		}
		for i, s := range series {
			if len(s.Daily) == 0 || i > 0 && s.Name <= series[i-1].Name {
				t.Errorf("series %d, %q, has %d days", i, s.Name, len(s.Daily))
			}
			for _, v := range s.Daily {
				if !(v >= 0) || math.IsInf(v, 1) {
					t.Errorf("a day of %q is %g", s.Name, v)
				}
			}
		}
	})
}
