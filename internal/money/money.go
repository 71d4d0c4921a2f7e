// Package money owns exact amounts and the way people write them: amounts of US dollars, counts (40M), ratios (90%)
// and durations (4s, 90d), parsed and printed. It knows nothing of tokens, models or prices.
//
// An Amount is an exact decimal: adding, subtracting and multiplying never round. Only printing rounds.
//
//	a, err := money.Parse("$1,200")
package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is an exact amount of US dollars; the zero value is $0. Compare with Cmp, never with ==.
type Amount struct{ d decimal.Decimal }

// New returns units × 10^exp US dollars: New(5, -2) is five cents.
func New(units int64, exp int32) Amount { return Amount{decimal.New(units, exp)} }

// FromDecimal parses a plain decimal number of dollars as machines write it: "0.0031", "3.625e-09".
func FromDecimal(s string) (Amount, error) {
	d, err := decimal.NewFromString(s)
	if err != nil || len(s) > 60 || d.Exponent() > 40 || d.Exponent() < -40 { // 1e999999999 would fill the memory when added
		return Amount{}, fmt.Errorf("%.60q is not a decimal number of dollars", s)
	}
	return Amount{d}, nil
}

// FromFloat rounds f dollars to 12 decimal places; use it for statistics only, never for sums.
func FromFloat(f float64) Amount { return Amount{decimal.NewFromFloat(f).Round(12)} }

// Add returns a + b.
func (a Amount) Add(b Amount) Amount { return Amount{a.d.Add(b.d)} }

// Sub returns a − b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.d.Sub(b.d)} }

// Times returns a × n.
func (a Amount) Times(n int64) Amount { return Amount{a.d.Mul(decimal.NewFromInt(n))} }

// Scale returns a × b where b is a plain factor such as 1.1 or 0.5.
func (a Amount) Scale(b decimal.Decimal) Amount { return Amount{a.d.Mul(b)} }

// Shift returns a × 10^exp: Shift(-6) turns a price per million into a price per unit.
func (a Amount) Shift(exp int32) Amount { return Amount{a.d.Shift(exp)} }

// Cmp returns -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Amount) Cmp(b Amount) int { return a.d.Cmp(b.d) }

// Sign returns -1, 0 or 1.
func (a Amount) Sign() int { return a.d.Sign() }

// Float returns the nearest float64, in dollars; for statistics and drawing.
func (a Amount) Float() float64 { return a.d.InexactFloat64() }

// Pico returns the amount in units of 10^-12 dollars, rounded half away from zero. It is meant for one call's cost
// (sums of many stay exact integers and so do not depend on order); beyond ±9.2 million dollars it saturates.
func (a Amount) Pico() int64 {
	p := a.d.Shift(12).Round(0)
	if !p.BigInt().IsInt64() {
		return int64(p.Sign()) * (1<<63 - 1)
	}
	return p.IntPart()
}

// Decimal gives all digits, no grouping, no sign of currency: "1234.5678". It is the form used in JSON.
func (a Amount) Decimal() string { return a.d.String() }

// String prints for people: "$1,234.56"; under ten cents four significant digits: "$0.003125".
func (a Amount) String() string {
	abs := a.d.Abs()
	places := int32(2)
	if abs.Sign() != 0 && abs.LessThan(decimal.New(1, -1)) {
		leadingZeros := -int32(len(abs.Coefficient().String())) - abs.Exponent()
		places = min(max(leadingZeros, 0)+4, 12)
	}
	digits := abs.Round(places).StringFixed(places)
	if places > 2 {
		digits = trimZeros(digits, 2)
	}
	whole, frac, _ := strings.Cut(digits, ".")
	out := "$" + group(whole) + "." + frac
	if a.d.Round(places).Sign() < 0 {
		out = "-" + out
	}
	return out
}

func trimZeros(s string, keep int) string {
	dot := strings.IndexByte(s, '.')
	for strings.HasSuffix(s, "0") && len(s)-dot-1 > keep {
		s = s[:len(s)-1]
	}
	return s
}

// MarshalJSON writes the amount as a JSON string of all its digits, in dollars.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(`"` + a.Decimal() + `"`), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Amount) UnmarshalJSON(b []byte) error {
	v, err := FromDecimal(strings.Trim(string(b), `"`))
	*a = v
	return err
}

// UnmarshalText reads an amount as people write it; see Parse.
func (a *Amount) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	*a = v
	return err
}

// HasCurrency reports whether s names a currency, so that "$40" can be told from the count "40".
func HasCurrency(s string) bool {
	return strings.ContainsAny(s, "$€£¥₹") || strings.Contains(strings.ToUpper(s), "USD")
}

// Parse reads an amount of US dollars: "$1,200", "0.03 USD", "USD 5", "$1.2k", "1200". Other currencies, a negative
// amount, misplaced grouping commas and anything else unreadable are errors, never zero.
func Parse(s string) (Amount, error) {
	t := strings.TrimSpace(s)
	if strings.ContainsAny(t, "€£¥₹") {
		return Amount{}, fmt.Errorf("amount %q is not in US dollars; prices are, so write it as $ or USD", s)
	}
	upper := strings.ToUpper(t)
	signs := 0
	for _, mark := range []string{"USD", "US$", "$"} {
		if rest, ok := strings.CutPrefix(upper, mark); ok {
			t, upper, signs = t[len(mark):], rest, signs+1
		}
	}
	if strings.HasSuffix(upper, "USD") {
		t, signs = t[:len(t)-3], signs+1
	}
	d, err := number(strings.TrimSpace(t))
	if err != nil || signs > 1 {
		return Amount{}, fmt.Errorf("cannot read %q as an amount of money; write it like $1,200 or 0.03 USD", s)
	}
	if d.Sign() < 0 {
		return Amount{}, fmt.Errorf("amount %q is negative", s)
	}
	return Amount{d}, nil
}

var errNumber = errors.New("not a number")

// number reads digits with optional correct thousands grouping, a fraction and a suffix k, M or B.
func number(s string) (decimal.Decimal, error) {
	exp := int32(0)
	if n := len(s); n > 0 {
		if e, ok := map[byte]int32{'k': 3, 'K': 3, 'M': 6, 'B': 9}[s[n-1]]; ok {
			s, exp = strings.TrimSpace(s[:n-1]), e
		}
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	whole, ok := ungroup(whole)
	if !ok || (hasFrac && frac == "") || strings.Trim(frac, "0123456789") != "" || whole == "" && frac == "" {
		return decimal.Decimal{}, errNumber
	}
	if len(whole)+len(frac) > 40 {
		return decimal.Decimal{}, errNumber
	}
	d, err := decimal.NewFromString("0" + strings.TrimPrefix(whole, "-") + "." + frac + "0")
	if err != nil {
		return d, errNumber
	}
	if strings.HasPrefix(whole, "-") {
		d = d.Neg()
	}
	return d.Shift(exp), nil
}

// ungroup removes thousands separators (comma or underscore) where every group but the first has three digits.
func ungroup(s string) (string, bool) {
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	groups := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '_' })
	if len(groups) != strings.Count(s, ",")+strings.Count(s, "_")+1 && s != "" {
		return "", false
	}
	for i, g := range groups {
		if strings.Trim(g, "0123456789") != "" || (len(groups) > 1 && (i > 0 && len(g) != 3 || len(g) > 3)) {
			return "", false
		}
	}
	return sign + strings.Join(groups, ""), true
}

func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
