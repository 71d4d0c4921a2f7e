package token

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// MaxRun is the longest run, in bytes, that is counted whole. Merging is quadratic in the length of a piece that the
// pre-tokenizer cannot split (letters and marks, punctuation and symbols, whitespace): 1 MB of one letter would take
// minutes. Longer runs are cut and the count says so.
const MaxRun = 512

// chunk bounds what is handed to the encoder at once, so that memory follows the chunk and not the text.
const chunk = 64 << 10

// piece is a stretch of text to be counted by itself; cut says that it ends inside a run, where counts are not additive.
type piece struct {
	text string
	cut  bool
}

// pieces splits text for counting. It ends a piece in two places only: after a newline that is followed by neither
// whitespace nor '/', once a chunk is full (no token spans that, so the sum stays exact), and inside a run longer than
// MaxRun (marked as a cut).
//
// The three lengths are upper bounds of the pieces that both pre-tokenizers can make: marks belong to words in one and
// to symbols in the other, so they lengthen both; digits are never more than three to a piece and end every run.
func pieces(text string) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		start, r := 0, run{}
		for i, w := 0, 0; i < len(text); i += w {
			var c rune
			c, w = utf8.DecodeRuneInString(text[i:])
			full := i-start >= chunk && text[i-1] == '\n' && !unicode.IsSpace(c) && c != '/'
			r.extend(c)
			cut := r.longest() > MaxRun && i > start
			if !full && !cut {
				continue
			}
			if !yield(piece{text[start:i], cut && !full}) {
				return
			}
			start, r = i, run{}
			r.extend(c)
		}
		if start < len(text) {
			yield(piece{text: text[start:]})
		}
	}
}

// run holds the bytes since the last rune that would have ended a word, a run of symbols, or whitespace. Symbols may be
// followed, in the same piece, by newlines and slashes; tail says that the run is there.
type run struct {
	word, symbols, space int
	tail                 bool
}

func (r *run) extend(c rune) {
	width := utf8.RuneLen(c) // of U+FFFD where the text is invalid: what is encoded is three bytes, not one
	switch {
	case c < utf8.RuneSelf && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
		*r = run{word: r.word + width}
	case (c == '\n' || c == '\r') && r.symbols > 0:
		*r = run{symbols: r.symbols + width, space: r.space + width, tail: true}
	case unicode.IsSpace(c):
		*r = run{space: r.space + width}
	case unicode.IsNumber(c):
		*r = run{}
	case unicode.IsMark(c):
		*r = run{word: r.word + width, symbols: r.symbols + width}
	case unicode.IsLetter(c):
		*r = run{word: r.word + width}
	case r.tail && c != '/':
		*r = run{symbols: width}
	default:
		*r = run{symbols: r.symbols + width, tail: r.tail}
	}
}

func (r *run) longest() int { return max(r.word, r.symbols, r.space) }
