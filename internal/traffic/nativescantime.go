package traffic

import (
	"encoding/binary"
	"time"
)

// scanTime reads a time as RFC 3339 writes it: 2006-01-02T15:04:05, a fraction of up to nine digits or none, and Z or
// ±15:04. A second of 60 is refused, as package time does. ok is false for what is no time, and for what it takes package
// time to judge. The time is in UTC.
func scanTime(b []byte) (t time.Time, ok bool) {
	if len(b) < len("2006-01-02T15:04:05Z") {
		return t, false
	}
	date, ok1 := yearMonth.read(b)
	noon, ok2 := dayHour.read(b[8:])
	clock, ok3 := hourMinute.read(b[11:])
	year, month, day := 100*date.pair(0)+date.pair(2), date.pair(5), noon.pair(0)
	hour, minute, second := clock.pair(0), clock.pair(3), clock.pair(6)
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysOf(month, year) || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	nano, i := scanFraction(b, 19)
	offset, ok := scanZone(b[i:])
	if !ok {
		return t, false
	}
	return time.Unix(86400*daysSince1970(year, month, day)+3600*hour+60*minute+second-offset, nano).UTC(), true
}

// shape is how eight characters must be: text differs from them by 0 to 9 where it has a 0, and by nothing elsewhere.
// limit takes each byte of a difference beyond 127 if it is more than that.
type shape struct{ text, limit uint64 }

var (
	yearMonth  = newShape("0000-00-")
	dayHour    = newShape("00T00:00")
	hourMinute = newShape("00:00:00")
)

func newShape(text string) (s shape) {
	s.text = binary.LittleEndian.Uint64([]byte(text))
	for k, c := range []byte(text) {
		most := uint64(0)
		if c == '0' {
			most = 9
		}
		s.limit |= (127 - most) << (8 * k)
	}
	return s
}

// twoDigits holds a number in each byte: of two digits, where two stood.
type twoDigits uint64

func (s shape) read(b []byte) (_ twoDigits, ok bool) {
	v := binary.LittleEndian.Uint64(b) ^ s.text
	return twoDigits(10*v + v>>8), (v+s.limit|v)&highs == 0
}

// pair is the number of the digits k and k+1.
func (d twoDigits) pair(k int) int64 { return int64(byte(d >> (8 * k))) }

// scanFraction reads a fraction of a second, and gives the place behind it; no fraction is 0.
func scanFraction(b []byte, i int) (nano int64, end int) {
	if b[i] != '.' {
		return 0, i
	}
	n, end := int64(0), i+1
	for ; end < len(b) && b[end]-'0' <= 9; end++ {
		n = 10*n + int64(b[end]-'0')
	}
	if end == i+1 || end > i+10 {
		return 0, i // no zone begins with a point
	}
	return n * nanos[end-i-1], end
}

// nanos is what the last of so many digits of a fraction is worth.
var nanos = [...]int64{1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1}

// scanZone reads what a time ends with, in seconds east.
func scanZone(b []byte) (offset int64, ok bool) {
	switch {
	case len(b) == 1 && b[0] == 'Z':
		return 0, true
	case len(b) != len("+00:00") || b[3] != ':' || b[0] != '+' && b[0] != '-':
		return 0, false
	}
	for _, k := range [...]int{1, 2, 4, 5} {
		if b[k]-'0' > 9 {
			return 0, false
		}
	}
	hours, minutes := 10*int64(b[1]-'0')+int64(b[2]-'0'), 10*int64(b[4]-'0')+int64(b[5]-'0')
	offset = 3600*hours + 60*minutes
	if b[0] == '-' {
		offset = -offset
	}
	return offset, hours < 24 && minutes < 60
}

// daysOf is how many days a month of the Gregorian calendar has.
func daysOf(month, year int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts the days of the Gregorian calendar. Years begin in March, so that a leap day is the last of its
// year; the days before a month are then (153 m + 2) / 5 (H. Hinnant, chrono-compatible low-level date algorithms,
// days_from_civil). year is 0 or later: the count begins 400 years before, so that nothing is below 0.
func daysSince1970(year, month, day int64) int64 {
	y, m := uint64(year)+400, uint64(month)-3
	if month < 3 {
		y, m = y-1, m+12
	}
	return int64(365*y+y/4-y/100+y/400+(153*m+2)/5+uint64(day)) - 865566
}
