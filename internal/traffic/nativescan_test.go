package traffic

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// judged reads a line as the decoder does, and at sight where that takes it.
type judged struct{ fast, slow *nativeLine }

func newJudged(text bool) judged {
	fast, slow := newFile(Source{}), newFile(Source{})
	fast.text, slow.text = text, text
	return judged{newNativeLine(fast), newNativeLine(slow)}
}

// line tells whether the line was taken at sight. Whatever reads it, the call, the prompt's text and the error are the
// same.
func (j judged) line(t *testing.T, line []byte) (taken bool) {
	t.Helper()
	before := bytes.Clone(line)
	got, gotErr := j.fast.read(line)
	want, wantErr := j.slow.judge(line)
	if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Errorf("%q: error %v, want %v", line, gotErr, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\n got %+v\nwant %+v", line, got, want)
	}
	if !bytes.Equal(j.fast.body.json, j.slow.body.json) {
		t.Errorf("%q: prompt %q, want %q", line, j.fast.body.json, j.slow.body.json)
	}
	if !bytes.Equal(line, before) {
		t.Errorf("%q was changed into %q", before, line)
	}
	j.fast.reset()
	taken = j.fast.scan(line)
	if taken && wantErr != nil {
		t.Errorf("%q was taken, but: %v", line, wantErr)
	}
	return taken
}

const least = `{"ts":"2026-05-04T07:00:00Z","usage":{"input":1,"output":1}}`

// with gives a line with more members.
func with(members string) string { return strings.TrimSuffix(least, "}") + "," + members + "}" }

// scanned are lines and whether they are taken at sight.
var scanned = []struct {
	line  string
	taken bool
}{
	{least, true},
	{"{}", false},
	{"", false},
	{"null", false},
	{"[1]", false},
	{`{"ts":"2026-05-04T07:00:00Z"}`, false},
	{`{"usage":{"input":1,"output":1}}`, true},
	{`{"usage":{"output":1,"input":1}}`, true},
	{" " + least, false},
	{least + " \t\r\n", true},
	{least + "x", false},
	{least + " {}", false},
	{strings.TrimSuffix(least, "}"), false},
	{strings.TrimSuffix(least, "}") + ",}", false},
	{strings.TrimSuffix(least, "}") + "]", false},
	{"{ \"ts\" : \"2026-05-04T07:00:00Z\" ,\t\"usage\" : { \"input\" : 1 , \"output\" : 1 } }", true},
	{`{"usage":{"input":1,"output":1},"id":1}`, false},
	{`{"usage":{"input":1,"output":1},"x":1}`, false},
	{`{,"usage":{"input":1,"output":1}}`, false},
	{`{"usage" {"input":1,"output":1}}`, false},
	{`{"usage":{"input":1,"output":1} "ts":"2026-05-04T07:00:00Z"}`, false},
	{`{"usage":`, false},
	{`{"messages"`, false},

	// keys
	{with(`"model":"m","model":"n"`), false},
	{with(`"m\u006fdel":"m"`), false},
	{with(`"Model":"m"`), false},
	{with(`"mode":"m"`), false},
	{with(`"model_":"m"`), false},
	{with(`"template_versiom":"m"`), false},
	{with(`"template":"a","template_version":"b"`), true},
	{with(`"template_version":"b","template":"a"`), true},
	{`{"usage":{"input":1,"output":1,"input":2}}`, false},
	{`{"usage":{"input":1,"output":1,"cached":2}}`, false},
	{`{"usage":{"input":1}}`, false},
	{`{"usage":{"output":1}}`, false},
	{`{"usage":{}}`, false},
	{`{"usage":[]}`, false},
	{`{"usage":null}`, false},

	// labels
	{with(`"model":"m","track":"","feature":null,"user":"é","session":"日本語 🙂"`), true},
	{with(`"model":"a\"b"`), false},
	{with(`"model":"a\u0041"`), false},
	{with(`"model":1`), false},
	{with(`"model":nul`), false},
	{with(`"model":nulll`), false},
	{with("\"model\":\"a\tb\""), false},
	{with("\"model\":\"\x1f\""), false},
	{with("\"model\":\"\x7f\""), true},
	{with("\"model\":\"abc\xff\""), false},
	{with("\"model\":\"\xe6\x97\""), false},
	{with("\"model\":\"\xed\xa0\x80\""), false},
	{with("\"model\":\"\xc0\x80abcdefgh\""), false},
	{with(`"model":"m`), false},
	{with(`"id":null`), true},
	{with(`"id":"é"`), true},
	{with(`"id":"\n"`), false},
	{with(`"tier":"standard"`), true},
	{with(`"tier":"batch"`), true},
	{with(`"tier":true`), false},

	// numbers
	{with(`"latency_ms":812.5`), true},
	{with(`"latency_ms":0`), true},
	{with(`"latency_ms":-0`), true},
	{with(`"latency_ms":-0.0`), true},
	{with(`"latency_ms":-1`), false},
	{with(`"latency_ms":00`), false},
	{with(`"latency_ms":01`), false},
	{with(`"latency_ms":1.`), false},
	{with(`"latency_ms":.5`), false},
	{with(`"latency_ms":1e3`), true},
	{with(`"latency_ms":1.5e+3`), true},
	{with(`"latency_ms":15E-1`), true},
	{with(`"latency_ms":1e`), false},
	{with(`"latency_ms":1e+`), false},
	{with(`"latency_ms":1.5.5`), false},
	{with(`"latency_ms":1x`), false},
	{with(`"latency_ms":+1`), false},
	{with(`"latency_ms":-`), false},
	{with(`"latency_ms":"1"`), false},
	{with(`"latency_ms":2592000000`), true},
	{with(`"latency_ms":2592000000.001`), false},
	{with(`"latency_ms":1e400`), false},
	{with(`"ttft_ms":0.0000005`), true},
	{with(`"ttft_ms":123456.7890123456789`), true},
	{`{"usage":{"input":-1,"output":1}}`, false},
	{`{"usage":{"input":1.0,"output":1}}`, false},
	{`{"usage":{"input":1e3,"output":1}}`, false},
	{`{"usage":{"input":01,"output":1}}`, false},
	{`{"usage":{"input":"1","output":1}}`, false},
	{`{"usage":{"input":null,"output":1}}`, false},
	{`{"usage":{"input":999999999999999999,"output":0}}`, true},
	{`{"usage":{"input":9223372036854775807,"output":0}}`, false},
	{`{"usage":{"input":9223372036854775808,"output":0}}`, false},
	{with(`"weight":7`), true},
	{with(`"weight":0`), false},
	{with(`"weight":10000000`), true},
	{with(`"weight":10000001`), false},
	{with(`"weight":1.0`), false},

	// booleans
	{with(`"output_is_bound":true,"usage_is_mean":false`), true},
	{with(`"output_is_bound":tru`), false},
	{with(`"output_is_bound":falsee`), false},
	{with(`"output_is_bound":1`), false},

	// lists and maps
	{with(`"sources":["kb","faq"]`), true},
	{with(`"sources":[]`), true},
	{with(`"sources":["\u0041"]`), true},
	{with(`"sources":[1]`), false},
	{with(`"sources":["kb",]`), false},
	{with(`"sources":"kb"`), false},
	{with(`"outcome":{"solved":1,"csat":4.5,"é":-2e-3}`), true},
	{with(`"outcome":{}`), true},
	{with(`"outcome":{"solved":1,"solved":1}`), false},
	{with(`"outcome":{"solved":null}`), false},
	{with(`"outcome":{"solved":true}`), false},
	{with(`"outcome":{"sol\u0076ed":1}`), false},
	{with(`"outcome":{"solved":1e999}`), false},
	{with(`"outcome":[]`), false},
	{with(`"vars":{"q":"why \"so\"? \u00e9 \ud83d\ude00","é":"日本"}`), true},
	{with(`"vars":{}`), true},
	{with(`"vars":{"q":"\ud83d"}`), false},
	{with(`"vars":{"q":1}`), false},
	{with(`"vars":{"q":"a","q":"b"}`), false},
	{with(`"vars":{"q":"a"`), false},
	{with(`"vars":{"q":`), false},

	// the prompt
	{with(`"messages":[{"role":"user","content":[{"type":"text","text":"hi\n\"there\" \\ \/ \b\f\r\t \u00E9"}]}],"tools":[{"a":{"b":[1,2.5,-3e2,true,false,null]}}],"system":"é"`), true},
	{with(`"messages":[ 1 , { } , [ ] ]`), true},
	{with(`"messages":null,"tools":null,"system":""`), true},
	{with(`"sources":["a}","b"],"outcome":{"a}b":1}`), true},
	{with(`"sources":["a]","b"]`), true},
	{with(`"messages":[1,]`), false},
	{with(`"messages":[1 2]`), false},
	{with(`"messages":[01]`), false},
	{with(`"messages":[-]`), false},
	{with(`"messages":[nul]`), false},
	{with(`"messages":{"a":1,"a":2}`), false},
	{with(`"messages":{"a":1,"\u0061":2}`), false},
	{with(`"messages":{"a":{"a":1},"b":{"a":1}}`), true},
	{with(`"messages":{"":1,"":2}`), false},
	{with(`"messages":{"a"}`), false},
	{with(`"messages":{1:2}`), false},
	{with(`"messages":{"a":1,}`), false},
	{with(`"messages":"\x"`), false},
	{with(`"messages":"\u12"`), false},
	{with(`"messages":"\u12g4"`), false},
	{with(`"messages":"\uD83D\uDE00"`), true},
	{with(`"messages":"\uDE00"`), false},
	{with(`"messages":"\uD83D\u0041"`), false},
	{with(`"messages":"\uD83D"`), false},
	{with("\"messages\":\"é\x01\""), false},
	{with("\"messages\":\"é 12345678 \xff\""), false},
	{with("\"messages\":\"\xe6\x97\\n\""), false},
	{with(`"messages":` + strings.Repeat("[", scanDepth) + strings.Repeat("]", scanDepth)), true},
	{with(`"messages":` + strings.Repeat("[", scanDepth+1) + strings.Repeat("]", scanDepth+1)), false},
	{with(`"messages":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)), false},
	{with(`"messages":` + manyNames(scanNames)), true},
	{with(`"messages":` + manyNames(scanNames+1)), false},
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%c"n%d":%d`, "{,"[min(i, 1)], i, i)
	}
	return b.String() + "}"
}

func TestScan(t *testing.T) {
	for _, text := range []bool{false, true} {
		j := newJudged(text)
		for _, c := range scanned {
			if taken := j.line(t, []byte(c.line)); taken != c.taken {
				t.Errorf("%.200q: taken at sight %v, want %v", c.line, taken, c.taken)
			}
		}
	}
}

// TestScanCut cuts lines off at every place, and puts a byte that does not belong there at every place.
func TestScanCut(t *testing.T) {
	j := newJudged(true)
	line := []byte(with(`"track":"é","sources":["kb"],"latency_ms":1.5,"outcome":{"a":1},"vars":{"q":"a\u00e9"},"messages":[{"role":"user","content":"日本 \ud83d\ude00 text"}]`))
	if !j.line(t, line) {
		t.Fatal("not taken at sight")
	}
	for i := range line {
		if j.line(t, line[:i]) {
			t.Errorf("%q was taken at sight", line[:i])
		}
		for _, c := range "\x00\"\\,:{}[]0 e-\x80" {
			broken := bytes.Clone(line)
			broken[i] = byte(c)
			j.line(t, broken)
		}
	}
}

// TestScanWritten holds that what WriteNative writes is taken at sight.
func TestScanWritten(t *testing.T) {
	j, r, taken := newJudged(false), rand.New(rand.NewPCG(3, 4)), 0
	const n = 2000
	for i := range n {
		var b bytes.Buffer
		c := anyCall(r, i)
		if err := WriteNative(&b, &c); err != nil {
			t.Fatal(err)
		}
		if j.line(t, bytes.TrimSpace(b.Bytes())) {
			taken++
		} else if !bytes.Contains(b.Bytes(), []byte(`\`)) {
			t.Errorf("not taken at sight: %s", b.Bytes())
		}
	}
	if taken == n || taken == 0 {
		t.Errorf("%d of %d taken", taken, n)
	}
}

func FuzzScan(f *testing.F) {
	for _, c := range scanned {
		f.Add([]byte(c.line), []byte(least))
	}
	for line := range bytes.Lines(nativeLines(f, 3)) {
		f.Add(bytes.TrimSpace(line), []byte(with(`"messages":[{"role":"user"}]`)))
	}
	f.Fuzz(func(t *testing.T, line, next []byte) {
		j := newJudged(true)
		j.line(t, line)
		j.line(t, next)
		j.line(t, line)
	})
}

// times are texts and whether they are read without package time.
var times = []struct {
	text string
	ok   bool
}{
	{"1970-01-01T00:00:00Z", true},
	{"2026-05-04T07:08:09Z", true},
	{"2026-05-04T07:08:09.5Z", true},
	{"2026-05-04T07:08:09.123456789+02:00", true},
	{"2026-05-04T07:08:09.1234567891Z", false},
	{"2026-05-04T07:08:09.Z", false},
	{"2026-05-04T07:08:09,5Z", false},
	{"2026-05-04T23:59:59-23:59", true},
	{"2026-05-04T23:59:59+24:00", false},
	{"2026-05-04T23:59:59+00:60", false},
	{"2026-05-04T23:59:60Z", false},
	{"2026-05-04T24:00:00Z", false},
	{"2026-05-04T00:60:00Z", false},
	{"2024-02-29T00:00:00Z", true},
	{"2023-02-29T00:00:00Z", false},
	{"1900-02-29T00:00:00Z", false},
	{"2000-02-29T00:00:00Z", true},
	{"0000-02-29T00:00:00Z", true},
	{"0000-01-01T00:00:00+23:59", true},
	{"9999-12-31T23:59:59.999999999-23:59", true},
	{"2026-04-31T00:00:00Z", false},
	{"2026-00-01T00:00:00Z", false},
	{"2026-13-01T00:00:00Z", false},
	{"2026-01-00T00:00:00Z", false},
	{"2026-05-04 07:08:09Z", false},
	{"2026-05-04t07:08:09z", false},
	{"2026-05-04T7:08:09Z", false},
	{"2026-05-04T07:08:09", false},
	{"2026-05-04T07:08:09+0200", false},
	{"2026-05-04T07:08:09+02:0", false},
	{"2026-05-04T07:08:09+0a:00", false},
	{"2026-05-04T07:08:09*02:00", false},
	{"2026-05-04T07:08:09ZZ", false},
	{"2026/05/04T07:08:09Z", false},
	{"202a-05-04T07:08:09Z", false},
	{"2026-05-04T07:08:0\xb9Z", false},
	{"+026-05-04T07:08:09Z", false},
	{"", false},
}

// sameTime holds a time against package time.
func sameTime(t *testing.T, text []byte) (ok bool) {
	t.Helper()
	got, ok := scanTime(text)
	if !ok {
		return false
	}
	var want time.Time
	if err := want.UnmarshalText(text); err != nil {
		t.Errorf("%q: %v, want %v", text, got, err)
	} else if got != want.UTC() {
		t.Errorf("%q: %v, want %v", text, got, want.UTC())
	}
	return true
}

func TestScanTime(t *testing.T) {
	for _, c := range times {
		if ok := sameTime(t, []byte(c.text)); ok != c.ok {
			t.Errorf("%q: read %v, want %v", c.text, ok, c.ok)
		}
	}
	got, _ := scanTime([]byte("2026-05-04T07:08:09.5+02:00"))
	if want := time.Date(2026, 5, 4, 5, 8, 9, 5e8, time.UTC); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	for day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 10_000; day = day.AddDate(0, 0, 1) {
		if day.Year() == 401 { // the calendar has a period of 400 years
			day = day.AddDate(1500, 0, 0)
		}
		if day.Year() == 2101 {
			day = day.AddDate(7500, 0, 0)
		}
		if n := daysSince1970(int64(day.Year()), int64(day.Month()), int64(day.Day())); n*86400 != day.Unix() {
			t.Fatalf("%v: day %d", day, n)
		}
		if last := day.AddDate(0, 1, -day.Day()); daysOf(int64(day.Month()), int64(day.Year())) != int64(last.Day()) {
			t.Fatalf("%v: %d days", day, last.Day())
		}
	}
}

func FuzzScanTime(f *testing.F) {
	for _, c := range times {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) { sameTime(t, b) })
}

// sameNumbers holds a number, which must be the text's beginning, against the decoder's way to read it.
func sameNumbers(t *testing.T, text []byte) {
	t.Helper()
	f, end := scanFloat(text, 0)
	if end != numberEnd(text, 0) && end != handOver {
		t.Errorf("%q: a float up to %d, a number up to %d", text, end, numberEnd(text, 0))
	}
	if end != handOver {
		want, err := quantity(text[:end])
		if err != nil || math.Float64bits(f) != math.Float64bits(want) {
			t.Errorf("%q: %v, want %v, %v", text, f, want, err)
		}
	}
	var got, want time.Duration
	if end := scanMilliseconds(&got, text, 0); end != handOver {
		if err := milliseconds(&want, text[:end]); err != nil || got != want {
			t.Errorf("%q: %v, want %v, %v", text, got, want, err)
		}
	}
	n, end := scanWhole(text, 0)
	if end != handOver {
		var want int64
		if err := whole(&want, text[:end]); err != nil || n != want {
			t.Errorf("%q: %d, want %d, %v", text, n, want, err)
		}
	}
	if end = numberEnd(text, 0); end != handOver && !jsontext.Value(text[:end]).IsValid() {
		t.Errorf("%q is no number", text[:end])
	}
}

func TestScanNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		text := fmt.Appendf(nil, "%d.%0*d", r.Int64N(1<<r.IntN(33)), 1+r.IntN(14), r.Int64N(1<<r.IntN(40)))
		sameNumbers(t, text)
	}
	for _, s := range []string{"", "-", "0", "00", "0.", "0.0", "1.5e", "1e5", "9007199254740993", "999999999999999", "99999999999999.9", "0.000000000000001", "2592000000.5", "123456789012345678", "1234567890123456789"} {
		sameNumbers(t, []byte(s))
	}
}

func FuzzScanNumbers(f *testing.F) {
	for _, s := range []string{"0", "-1.5e3", "812.5", "0.1", "99999999999999.9"} {
		f.Add([]byte(s))
	}
	f.Fuzz(sameNumbers)
}
