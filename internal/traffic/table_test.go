package traffic

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// rowsOf reads a table without a header into its rows and what is broken, with lines.
func rowsOf(t *testing.T, text string) (rows [][]string, told []string) {
	t.Helper()
	f := newFile(Source{Name: "f"})
	in, err := open(Source{FS: fstest.MapFS{"f": &fstest.MapFile{Data: []byte(text)}}, Path: "f"}, newMeter(nil, nil), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	tab := &table{in: newLines(in, maxLine), limit: 1 << 20, broken: f.reject, do: func(cells []string, line int) error {
		rows = append(rows, append([]string{fmt.Sprint(line)}, cells...))
		return nil
	}}
	if err := tab.run(); err != nil {
		t.Fatal(err)
	}
	for _, d := range f.bad.shown {
		told = append(told, fmt.Sprintf("%d %s", d.Span.Start.Line, d.Summary))
	}
	return rows, told
}

func TestTable(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{"plain", "a,b\nc,d\n", "[1 a b] [2 c d]"},
		{"no final line end", "a,b\nc,d", "[1 a b] [2 c d]"},
		{"CRLF, a mark and blank lines", "\ufeffa,b\r\n\r\n  \r\nc,d\r\n", "[1 a b] [4 c d]"},
		{"empty cells", ",a,,\n\"\",b,\"\",", "[1  a  ] [2  b  ]"},
		{"quotes", "\"a,b\",\"c\"\"d\"\"\",\"\"\"\"\n", "[1 a,b c\"d\" \"]"},
		{"spaces around", " a , \"b\" ,\t\"c\"\t\n", "[1 a b c]"},
		{"spaces within quotes stay", "\" a \",b\n", "[1  a  b]"},
		{"a cell over lines", "a,\"b\n\n c\r\nd\",e\nf,g,h", "[1 a b\n\n c\nd e] [5 f g h]"},
		{"a stray quote", "a,b\n5\" pipe,c\nd,e\n", "[1 a b] [3 d e] | 2 not valid CSV: a quote is not closed"},
		{"two stray quotes", "5\" pipe,c\nd,e\n6\" pipe,f\ng,h", "[2 d e] [4 g h] | 1 not valid CSV: a quote inside a cell that is not quoted | 3 not valid CSV: a quote inside a cell that is not quoted"},
		{"text after a quote", "\"a\"b,c\nd,e", "[2 d e] | 1 not valid CSV: text after a closing quote"},
		{"a quote that never closes", "a,b\n\"c,d\ne,f\n", "[1 a b] [3 e f] | 2 not valid CSV: a quote is not closed"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, told := rowsOf(t, c.in)
			var got []string
			for _, r := range rows {
				got = append(got, fmt.Sprint(r))
			}
			out := strings.Join(append([]string{strings.Join(got, " ")}, told...), " | ")
			if diff := gocmp.Diff(c.want, out); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTableLimit gives a cell up that does not end within the limit, and reads what comes after its first line.
func TestTableLimit(t *testing.T) {
	long := "\"" + strings.Repeat(strings.Repeat("x", 1000)+"\n", 1200) + "\"\na,b\n"
	rows, told := rowsOf(t, long)
	if len(told) == 0 || !strings.HasPrefix(told[0], "1 not valid CSV: a quote is not closed within the limit") {
		t.Errorf("%.200q", told)
	}
	if last := rows[len(rows)-1]; fmt.Sprint(last) != "[1202 a b]" {
		t.Error(last)
	}
}

// TestTableAgainstStandard writes random rows with the standard library and reads them back.
func TestTableAgainstStandard(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	parts := []string{"a", "b c", ",", "\"", "\n", "ü", "{}", ";"}
	for range 300 {
		var want [][]string
		for range 1 + rnd.IntN(5) {
			row := []string{"k"}
			for range 1 + rnd.IntN(4) {
				var cell strings.Builder
				for range rnd.IntN(4) {
					cell.WriteString(parts[rnd.IntN(len(parts))])
				}
				row = append(row, strings.TrimSpace(cell.String()))
			}
			want = append(want, row)
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.WriteAll(want); err != nil {
			t.Fatal(err)
		}
		rows, told := rowsOf(t, b.String())
		var got [][]string
		for _, r := range rows {
			got = append(got, r[1:])
		}
		if diff := gocmp.Diff(want, got); diff != "" || len(told) > 0 {
			t.Fatalf("%s %v\n%s", diff, told, b.String())
		}
	}
}
