package bpe

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode"

	"github.com/dlclark/regexp2"
)

// patterns are the published ones in the spelling of this regular expression library, which has no possessive
// repetition, folds no long s, and knows the classes of Unicode 15.0: (?>…) and [sſ] stand in, and the texts hold no
// character that is younger.
var patterns = map[string]string{
	"o200k_base": `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'[sſ]|'t|'re|'ve|'m|'ll|'d)?` +
		`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'[sſ]|'t|'re|'ve|'m|'ll|'d)?` +
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
	"cl100k_base": `'(?i:[sſdmt]|ll|ve|re)|(?>[^\r\n\p{L}\p{N}]?)(?>\p{L}+)|(?>\p{N}{1,3})| ?(?>[^\s\p{L}\p{N}]+)(?>[\r\n]*)` +
		`|(?>\s+)\z|\s*[\r\n]|\s+(?!\S)|\s`,
	"p50k_base": `'(?:[sdmt]|ll|ve|re)| ?(?>\p{L}+)| ?(?>\p{N}+)| ?(?>[^\s\p{L}\p{N}]+)|(?>\s+)\z|\s+(?!\S)|\s`,
}

func TestScan(t *testing.T) {
	for name, pattern := range patterns {
		re := regexp2.MustCompile(pattern, regexp2.None)
		e := encoding(t, name)
		e.load()
		rng := rand.New(rand.NewPCG(1, 0))
		for range 20_000 {
			text := older(tricky(rng, 24))
			var want, got []string
			for m, _ := re.FindStringMatch(text); m != nil; m, _ = re.FindNextMatch(m) {
				want = append(want, m.String())
			}
			for i := 0; i < len(text); {
				end := e.scan([]byte(text), i)
				got = append(got, text[i:end])
				i = end
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s %q:\n got %q\nwant %q", name, text, got, want)
			}
		}
	}
}

// older leaves out what the regular expressions of the test do not know.
func older(text string) string {
	return string(slices.DeleteFunc([]rune(text), func(r rune) bool { return classOf[r] != symbol && unicode.Is(unicode.Cn, r) }))
}

// The classes are Unicode's: those of Go's tables where they know the character, and as many as 16.0 has of each.
func TestClasses(t *testing.T) {
	fillClasses()
	count := map[uint8]int{}
	for r := range rune(unicode.MaxRune + 1) {
		count[classOf[r]]++
		want := uint8(symbol)
		switch {
		case r == '\r' || r == '\n':
			want = newline
		case unicode.IsSpace(r):
			want = space
		case unicode.In(r, unicode.Lu, unicode.Lt):
			want = upper
		case unicode.Is(unicode.Ll, r):
			want = lower
		case unicode.IsLetter(r):
			want = letter
		case unicode.IsMark(r):
			want = mark
		case unicode.IsNumber(r):
			want = number
		}
		if classOf[r] != want && !unicode.Is(unicode.Cn, r) {
			t.Fatalf("%U is of class %b, want %b", r, classOf[r], want)
		}
	}
	// UnicodeData.txt of 16.0.0: Lu 1858 + Lt 31, Ll 2258, Lm 404 + Lo 136,477, M 2501, N 1911; White_Space 25.
	want := map[uint8]int{upper: 1889, lower: 2258, letter: 136881, mark: 2501, number: 1911, space: 23, newline: 2}
	for class, n := range want {
		if count[class] != n {
			t.Errorf("%d characters of class %b, want %d", count[class], class, n)
		}
	}
}

func TestLowers(t *testing.T) {
	for at := range 8 {
		for c := range 256 {
			b := []byte("abcdefzz")
			b[at] = byte(c)
			want := at
			if 'a' <= c && c <= 'z' {
				want = 8
			}
			if got := lowers(word(b, 0)); got != want {
				t.Errorf("%q: %d small letters, want %d", b, got, want)
			}
		}
	}
}

// Behind the end of a text there is nothing.
func TestWord(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for i, want := range map[int]uint64{0: 0x0807060504030201, 1: 0x0908070605040302, 2: 0x09080706050403, 8: 9, 9: 0} {
		if got := word(b, i); got != want {
			t.Errorf("word at %d: %x, want %x", i, got, want)
		}
	}
}
