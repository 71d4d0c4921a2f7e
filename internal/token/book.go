package token

import (
	"crypto/sha256"
	"fmt"
)

// Book hands out counters that know a project's calibration and remember counts. The zero Book counts with published
// factors and remembers nothing.
type Book struct {
	Calibration *Calibration // factors fitted on the project's own traffic; nil without any
	Memo        Memo         // counts of earlier runs; nil to count everything afresh
}

// Memo remembers exact counts by a digest of vocabulary and text. It may forget at any time, but must not err: what it
// returns was put under the same key. It is used from many goroutines at once.
type Memo interface {
	Get(key [sha256.Size]byte) (tokens int64, ok bool)
	Put(key [sha256.Size]byte, tokens int64)
}

// For returns the counter of a tokenizer family; see the function For. Classes of content that were calibrated count by
// the fitted factor and carry its error, the others by the published one. Counts do not depend on the memo.
func (b Book) For(family string) (*Counter, error) {
	c, err := For(family)
	if err != nil || b.Calibration == nil && b.Memo == nil {
		return c, err
	}
	own := *c
	own.calibration, own.memo = b.Calibration, b.Memo
	return &own, nil
}

// tokens is the count of text in the family's base vocabulary. A text that the memo knows needs no vocabulary at all,
// so that none is read where every text is known.
func (c *Counter) tokens(text string) int64 {
	if c.memo == nil {
		return c.bpe.Count(text)
	}
	key := memoKey(c.family.base, text)
	n, ok := c.memo.Get(key)
	if !ok {
		n = c.bpe.Count(text)
		c.memo.Put(key, n)
	}
	return n
}

// memoFormat is part of every key. It must change with any change of what a text counts: TestMemoFormat holds it against
// known counts.
const memoFormat = "tokengate count 1"

// memoKey digests format, vocabulary and text, each set off from the next. It copies the text through a small buffer,
// since a hash takes bytes only and a whole copy would cost an allocation of the text's size.
func memoKey(vocabulary, text string) (key [sha256.Size]byte) {
	h := sha256.New()
	var buffer [4 << 10]byte
	for _, part := range []string{memoFormat, "\x00", vocabulary, "\x00", text} {
		for len(part) > 0 {
			n := copy(buffer[:], part)
			h.Write(buffer[:n])
			part = part[n:]
		}
	}
	h.Sum(key[:0])
	return key
}

// scaled turns a base count into an estimate by the factor that holds for the class.
func (c *Counter) scaled(n int64, class Class) Estimate {
	f, _ := Book{Calibration: c.calibration}.fitted(c.family, class)
	return f.scale(n, class)
}

// fitted is the family with the calibrated factor of a class in place of the published one; samples is 0 where there is
// none. A family with a vocabulary of its own is counted, so its factor is never fitted.
func (b Book) fitted(f family, class Class) (_ family, samples int) {
	if f.exact {
		return f, 0
	}
	ratio, width, samples, ok := b.Calibration.factor(f.name, class)
	if !ok {
		return f, 0
	}
	f.factors[class.i()] = factor{ratio, width}
	f.origin = calibrated(samples)
	return f, samples
}

func calibrated(samples int) string { return fmt.Sprintf("calibrated, %d samples", samples) }

// ratio is tokens of y per token of x, and what it rests on.
func (b Book) ratio(x, y family, class Class) (by factor, origin string) {
	i := class.i()
	by, origin = ratio(x, y)[i], worse(x, y)
	fx, nx := b.fitted(x, class)
	fy, ny := b.fitted(y, class)
	if nx == 0 && ny == 0 {
		return by, origin
	}
	own := fy.factors.over(fx.factors)[i]
	switch {
	case nx > 0 && ny > 0:
		return own, calibrated(min(nx, ny))
	case x.exact || y.exact:
		return own, calibrated(max(nx, ny))
	case own.width < by.width:
		return own, fmt.Sprintf("%s and %s", origin, calibrated(max(nx, ny)))
	}
	return by, origin
}
