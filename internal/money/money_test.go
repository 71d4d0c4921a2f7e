package money

import (
	"encoding/json"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	good := map[string]string{
		"$1,200": "1200", "0.03 USD": "0.03", "USD 5": "5", "$1.2k": "1200", "1200": "1200", "US$3": "3",
		"$2M": "2000000", "$0.5": "0.5", " $40 ": "40", "$1_000": "1000", "$.5": "0.5", "0": "0",
	}
	for in, want := range good {
		a, err := Parse(in)
		if err != nil || a.Decimal() != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", in, a.Decimal(), err, want)
		}
	}
	for _, in := range []string{"", "$", "€5", "-$5", "$-5", "$1,20", "$1.200,50", "1 200", "twelve", "$5 USD $", "$$5", "NaN", "$1e3", "1,2345", "$5.", ",5", "5,", "0x10"} {
		if a, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %s, want an error", in, a.Decimal())
		}
	}
}

func TestParseCount(t *testing.T) {
	good := map[string]Count{"40M": 40_000_000, "6k": 6000, "1.5M": 1_500_000, "40,000": 40_000, "40000": 40_000, "2B": 2_000_000_000, "0": 0}
	for in, want := range good {
		if c, err := ParseCount(in); err != nil || c != want {
			t.Errorf("ParseCount(%q) = %d, %v; want %d", in, c, err, want)
		}
	}
	for _, in := range []string{"", "40m", "-1", "1.5", "6 kk", "$5", "1e3", "99999999999999999999"} {
		if c, err := ParseCount(in); err == nil {
			t.Errorf("ParseCount(%q) = %d, want an error", in, c)
		}
	}
}

func TestAmountPrints(t *testing.T) {
	for in, want := range map[string]string{
		"1234.567": "$1,234.57", "0": "$0.00", "0.05": "$0.05", "0.003125": "$0.003125", "0.00000362512": "$0.000003625",
		"-12.5": "-$12.50", "0.1": "$0.10", "999999.999": "$1,000,000.00",
	} {
		a, err := FromDecimal(in)
		if err != nil || a.String() != want {
			t.Errorf("%s prints as %s (%v), want %s", in, a, err, want)
		}
	}
}

func TestCountPrints(t *testing.T) {
	for in, want := range map[Count]string{0: "0", 999: "999", 12345: "12,345", 99999: "99,999", 123456: "123k", 999_950: "1.00M", 1_234_567: "1.23M", 41_200_000: "41.2M", 412_000_000: "412M", 2_000_000_000: "2.00B", -1_500_000: "-1.50M"} {
		if got := in.String(); got != want {
			t.Errorf("%d prints as %s, want %s", int64(in), got, want)
		}
	}
}

func TestRatioAndDuration(t *testing.T) {
	var r Ratio
	if err := r.UnmarshalText([]byte("12.5%")); err != nil || r != 0.125 || r.String() != "12.5%" {
		t.Errorf("12.5%% reads as %v, %v", float64(r), err)
	}
	for _, in := range []string{"-1%", "2000%", "x", ""} {
		if r.UnmarshalText([]byte(in)) == nil {
			t.Errorf("ratio %q is accepted", in)
		}
	}
	for in, want := range map[string]time.Duration{"4s": 4 * time.Second, "250ms": 250 * time.Millisecond, "90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour} {
		var d Duration
		if err := d.UnmarshalText([]byte(in)); err != nil || time.Duration(d) != want {
			t.Errorf("duration %q = %v, %v", in, d, err)
		}
	}
	for _, in := range []string{"4", "-1s", "d", "4 parsecs", ""} {
		var d Duration
		if d.UnmarshalText([]byte(in)) == nil {
			t.Errorf("duration %q is accepted", in)
		}
	}
}

func TestDate(t *testing.T) {
	var d Date
	if err := d.UnmarshalText([]byte("2026-11-22")); err != nil || !d.Equal(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v, %v", d, err)
	}
	for _, in := range []string{"22.11.2026", "2026-13-01", "", "2026-11-22T00:00:00Z"} {
		if d.UnmarshalText([]byte(in)) == nil {
			t.Errorf("date %q is accepted", in)
		}
	}
}

// Sums stay exact where float64 does not: ten million times a third of a cent's hundredth.
func TestExact(t *testing.T) {
	rate, _ := FromDecimal("0.003625")
	if got := rate.Times(1_000_000_007).Shift(-6).Decimal(); got != "3.625000025375" {
		t.Errorf("got %s", got)
	}
	var sum Amount
	for range 1000 {
		sum = sum.Add(New(1, -1))
	}
	if sum.Cmp(New(100, 0)) != 0 {
		t.Errorf("a thousand dimes are %s", sum)
	}
	for _, s := range []string{"1e999999999", "1e-999999999", "x", ""} {
		if a, err := FromDecimal(s); err == nil {
			t.Errorf("%s reads as an amount with %d digits", s, len(a.d.Coefficient().String()))
		}
	}
	if got := New(3, -12).Pico(); got != 3 {
		t.Errorf("three pico are %d", got)
	}
}

func TestAmountJSON(t *testing.T) {
	a, _ := FromDecimal("12.3456789")
	b, err := json.Marshal(a)
	if err != nil || string(b) != `"12.3456789"` {
		t.Fatalf("%s, %v", b, err)
	}
	var back Amount
	if err := json.Unmarshal(b, &back); err != nil || back.Cmp(a) != 0 {
		t.Errorf("round trip gives %s, %v", back, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"$1,200", "0.03 USD", "40M", "1_0", "-", ".", "9e9", "$" + string(make([]byte, 50))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err == nil && a.Sign() < 0 {
			t.Errorf("Parse(%q) is negative", s)
		}
		if c, err := ParseCount(s); err == nil && c < 0 {
			t.Errorf("ParseCount(%q) is negative", s)
		}
	})
}
