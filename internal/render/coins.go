package render

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tokengate/tokengate/internal/money"
)

// coins prints the amounts of a table in one unit, so that parts add up to their whole as they are printed: cents, or as
// many digits more as a small total needs.
type coins struct {
	digits int
	total  int64 // in the unit
}

// newCoins chooses the unit by a table's total.
func newCoins(total money.Amount) coins {
	c := coins{digits: 2}
	switch of := micros(total); {
	case of == 0 || of >= 1e6 || of <= -1e6:
	case of >= 1e4 || of <= -1e4:
		c.digits = 4
	default:
		c.digits = 6
	}
	c.total = c.units(total)
	return c
}

// micros is an amount in millionths of a dollar.
func micros(a money.Amount) int64 { return a.Shift(-6).Pico() }

// scale is how many units a dollar has.
func (c coins) scale() (n int64) {
	n = 1
	for range c.digits {
		n *= 10
	}
	return n
}

// units rounds half away from zero.
func (c coins) units(a money.Amount) int64 {
	by := 1_000_000 / c.scale()
	n := micros(a)
	if n < 0 {
		return -((-n + by/2) / by)
	}
	return (n + by/2) / by
}

// split deals a whole out to parts that come to it but for rounding: each is rounded down, and those that lose most by it
// get one unit more until the whole is reached.
func (c coins) split(whole int64, parts []money.Amount) []int64 {
	by := 1_000_000 / c.scale()
	out, lost, order := make([]int64, len(parts)), make([]int64, len(parts)), make([]int, len(parts))
	for i, p := range parts {
		n := micros(p)
		out[i] = n / by
		if n%by < 0 {
			out[i]--
		}
		lost[i], order[i] = n-out[i]*by, i
		whole -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lost[b], lost[a]) })
	for i := 0; i < len(order) && whole > 0; i++ {
		out[order[i]]++
		whole--
	}
	return out
}

// parts gives the texts of amounts that add up to the total.
func (c coins) parts(list []money.Amount) (out []string) {
	for _, units := range c.split(c.total, list) {
		out = append(out, c.text(units))
	}
	return out
}

func (c coins) text(units int64) string {
	sign := ""
	if units < 0 {
		sign, units = "-", -units
	}
	return fmt.Sprintf("%s$%s.%0*d", sign, money.Count(units/c.scale()).Exact(), c.digits, units%c.scale())
}
