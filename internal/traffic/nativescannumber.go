package traffic

import "strconv"

// digits passes over decimal digits.
func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// numberEnd passes over a JSON number: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func numberEnd(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	end := digits(b, i)
	if end == i || b[i] == '0' && end > i+1 {
		return handOver
	}
	if end < len(b) && b[end] == '.' {
		i = end + 1
		if end = digits(b, i); end == i {
			return handOver
		}
	}
	if hasExponent(b, end) {
		if i = end + 1; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if end = digits(b, i); end == i {
			return handOver
		}
	}
	return end
}

// scanWhole reads a whole number of up to 18 digits, which fit an int64 whatever they are. What is more than digits does
// not end where a value may, and is handed over there.
func scanWhole(b []byte, i int) (n int64, end int) {
	for end = i; end < len(b) && b[end]-'0' <= 9; end++ {
		n = 10*n + int64(b[end]-'0')
	}
	if end == i || end > i+18 || b[i] == '0' && end > i+1 {
		return 0, handOver
	}
	return n, end
}

// exactDigits is how many decimal digits always fit the 53 bits of a float64.
const exactDigits = 15

// tens are exact as float64.
var tens = [exactDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// scanFloat reads a number as strconv.ParseFloat does. The quotient of two floats that are exact is rounded once, to the
// float nearest to the decimal (W. D. Clinger, How to read floating point numbers accurately, 1990). Numbers with a sign,
// an exponent or more digits are left to strconv.
func scanFloat(b []byte, i int) (f float64, end int) {
	n, point := scanWhole(b, i)
	if point == handOver || point > i+exactDigits || hasExponent(b, point) {
		return parseFloat(b, i)
	}
	if point == len(b) || b[point] != '.' {
		return float64(n), point
	}
	for end = point + 1; end < len(b) && b[end]-'0' <= 9; end++ {
		n = 10*n + int64(b[end]-'0')
	}
	if end-i-1 > exactDigits || end == point+1 || hasExponent(b, end) {
		return parseFloat(b, i)
	}
	return float64(n) / tens[end-point-1], end
}

func hasExponent(b []byte, i int) bool { return i < len(b) && b[i]|0x20 == 'e' }

func parseFloat(b []byte, i int) (float64, int) {
	end := numberEnd(b, i)
	if end == handOver {
		return 0, handOver
	}
	f, err := strconv.ParseFloat(string(b[i:end]), 64)
	if err != nil {
		return 0, handOver
	}
	return f, end
}
