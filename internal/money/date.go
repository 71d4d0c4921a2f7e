package money

import (
	"fmt"
	"time"
)

// Date is a calendar day in UTC.
type Date struct{ time.Time }

// UnmarshalText reads YYYY-MM-DD.
func (d *Date) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fmt.Errorf("cannot read %q as a date; write it as YYYY-MM-DD", b)
	}
	d.Time = t
	return nil
}
